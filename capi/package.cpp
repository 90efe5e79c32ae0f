#include "admission.hpp"
#include "guard.hpp"
#include "sources.hpp"

#include <mos/crypto/verify.hpp>
#include <mos/package/manifest.hpp>
#include <mos/package/signature_area.hpp>

#include <fmt/format.h>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::package::PackageFile;

Result<std::shared_ptr<mos::package::Package>> mos::capi::package_for_reading(mos_package *package) {
    if (package->package == nullptr) {
        MOS_TRY(PackageFile file, PackageFile::open(share(package->source)));
        MOS_TRY(mos::package::Package opened, std::move(file).accept_unverified());
        package->package = std::make_shared<mos::package::Package>(std::move(opened));
    }
    return package->package;
}

Result<std::shared_ptr<mos::package::Package>>
mos::capi::authenticated_package(const std::shared_ptr<base::Source> &source, const engine::Admission &admission) {
    MOS_TRY(mos::package::Package package, mos::engine::authenticate(share(source), admission));
    return std::make_shared<mos::package::Package>(std::move(package));
}

namespace {

mos_package::Claim claim_of(const mos::package::StoredSignature &signature) {
    mos_package::Claim claim;
    const auto known = mos::crypto::algorithm_from_number(signature.algorithm);
    claim.algorithm =
        known ? std::string{mos::crypto::algorithm_name(*known)} : fmt::format("algorithm {}", signature.algorithm);
    if (!signature.certificates.empty()) {
        const auto certificate = mos::crypto::Certificate::from_der(signature.certificates.front(), "signer");
        if (certificate)
            claim.subject = certificate->subject();
    }
    claim.fingerprint = "SHA256:" + mos::base::to_hex(signature.key_id);
    return claim;
}

// A template, since a std::function is allocated before guard() stands round it. `open` returns a source or an error.
template <class Open>
int open_package(mos_context *context, mos_package **package, mos_error **error, const Open &open) {
    return guard(error, [&]() -> Result<void> {
        auto opened = open();  // first, so that a callback's data are owned whatever comes
        MOS_CHECK_OUTPUT(package);
        MOS_CHECK_HANDLE(context);
        MOS_TRY(std::unique_ptr<mos::base::Source> source, std::move(opened));
        auto handle = std::make_unique<mos_package>();
        handle->source = std::move(source);
        MOS_TRY(handle->bytes, handle->source->size());
        MOS_TRY(handle->claims, PackageFile::open(share(handle->source)));
        handle->context = context->context;
        handle->content_digest = mos::base::to_hex(handle->claims->claimed_statement().content_digest);
        if (handle->claims->claimed_statement().kind == mos::package::PackageKind::delta)
            handle->base_content_digest = mos::base::to_hex(handle->claims->claimed_statement().base_content_digest);
        for (const mos::package::StoredSignature &signature : handle->claims->claimed_signatures().signatures)
            handle->signatures.push_back(claim_of(signature));
        *package = handle.release();
        return {};
    });
}

}  // namespace

int mos_package_open_path(mos_context *context, const char *path, mos_package **package, mos_error **error) {
    return open_package(context, package, error, [&]() -> Result<std::unique_ptr<mos::base::Source>> {
        MOS_TRY(const std::string where, required_text(path, "the package's path"));
        return mos::base::open_file_source(where);
    });
}

int mos_package_open_descriptor(mos_context *context, int32_t descriptor, const char *name, mos_package **package,
                                mos_error **error) {
    return open_package(context, package, error,
                        [&] { return mos::base::open_descriptor_source(descriptor, text_or(name, "package")); });
}

// NOLINTNEXTLINE(readability-function-size): its parameters are the C API's
int mos_package_open_source(mos_context *context, uint64_t size, const char *name, mos_read_at_callback read_at,
                            void *user_data, mos_destroy_callback destroy, mos_package **package, mos_error **error) {
    return open_package(context, package, error,
                        [&] { return open_callback_source(size, name, read_at, user_data, destroy); });
}

void mos_package_free(mos_package *package) {
    if (is_live(package))
        delete package;
}

int mos_package_information_get(const mos_package *package, mos_package_information *information, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(package);
        const mos::package::Statement &statement = package->claims->claimed_statement();
        mos_package_information filled{};
        filled.format_version = statement.version_of_format;
        filled.name = statement.name.c_str();
        filled.version = statement.version.c_str();
        filled.release = statement.release.c_str();
        filled.architecture = statement.architecture.c_str();
        filled.type = statement.type.c_str();
        filled.kind = mos::package::kind_name(statement.kind).data();
        filled.content_digest = package->content_digest.c_str();
        filled.created_unix_s = statement.created_unix_s;
        filled.package_bytes = package->bytes;
        filled.payload_bytes = statement.payload_stored_bytes;
        filled.index_bytes = statement.index_stored_bytes;
        filled.entries = statement.entries;
        filled.base_content_digest = package->base_content_digest.c_str();
        return write_output(information, "information", filled);
    });
}

size_t mos_package_signature_count(const mos_package *package) {
    return is_live(package) ? package->signatures.size() : 0;
}

int mos_package_signature_at(const mos_package *package, size_t index, mos_signature_claim *claim, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(package);
        if (index >= package->signatures.size())
            return Error{Code::INVALID_ARGUMENT, "the package has no such signature"};
        const mos_package::Claim &found = package->signatures[index];
        mos_signature_claim filled{};
        filled.algorithm = found.algorithm.c_str();
        filled.subject = found.subject.c_str();
        filled.fingerprint = found.fingerprint.c_str();
        return write_output(claim, "claim", filled);
    });
}

int mos_package_manifest(mos_package *package, const char **json, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(package);
        if (json == nullptr)
            return null_argument("json");
        MOS_TRY(const auto opened, package_for_reading(package));
        MOS_TRY(const mos::package::Manifest manifest, opened->manifest());
        package->manifest = mos::package::write_manifest(manifest);
        *json = package->manifest.c_str();
        return {};
    });
}

int mos_package_entries(mos_package *package, mos_entry_cursor **cursor, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(cursor);
        MOS_CHECK_HANDLE(package);
        auto handle = std::make_unique<mos_entry_cursor>();
        MOS_TRY(handle->package, package_for_reading(package));
        MOS_TRY(handle->cursor, handle->package->entries());
        *cursor = handle.release();
        return {};
    });
}

static mos_entry_type entry_type(mos::package::EntryType type) {
    using mos::package::EntryType;
    switch (type) {
    case EntryType::directory:
        return MOS_ENTRY_DIRECTORY;
    case EntryType::symlink:
        return MOS_ENTRY_SYMLINK;
    case EntryType::hard_link:
        return MOS_ENTRY_HARD_LINK;
    case EntryType::regular:
        break;
    }
    return MOS_ENTRY_FILE;
}

int mos_entry_cursor_next(mos_entry_cursor *cursor, mos_entry *entry, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(cursor);
        MOS_CHECK(check_struct(entry, "entry"));  // before the cursor moves
        MOS_TRY(std::optional<mos::package::Entry> next, cursor->cursor->next());
        if (!next)
            return MOS_END;
        cursor->entry = std::move(*next);
        const mos::package::Entry &found = cursor->entry;
        mos_entry filled{};
        filled.type = entry_type(found.type);
        filled.path = found.path.c_str();
        filled.link_target = found.target.c_str();
        filled.size = found.size;
        filled.mode = found.mode;
        filled.owner = found.owner;
        filled.group = found.group;
        filled.origin = static_cast<mos_entry_origin>(found.origin);
        filled.modified_unix_s = found.modified_unix_s;
        if (filled.type == MOS_ENTRY_FILE)
            filled.sha256 = reinterpret_cast<const uint8_t *>(found.sha256.data());
        MOS_CHECK(write_output(entry, "entry", filled));
        return MOS_OK;
    });
}

void mos_entry_cursor_free(mos_entry_cursor *cursor) {
    if (is_live(cursor))
        delete cursor;
}

int mos_package_authenticate(mos_package *package, const mos_trust_options *trust, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(package);
        package->signers.clear();
        MOS_TRY(const mos::engine::Admission admission, open_admission(trust, *package->context->clock));
        MOS_TRY(auto authenticated, authenticated_package(package->source, admission));
        for (const mos::crypto::AcceptedSigner &signer : authenticated->verdict()->accepted)
            package->signers.push_back(signer.trust_name);
        package->package = std::move(authenticated);
        return {};
    });
}

size_t mos_package_signer_count(const mos_package *package) { return is_live(package) ? package->signers.size() : 0; }

const char *mos_package_signer_at(const mos_package *package, size_t index) {
    return is_live(package) && index < package->signers.size() ? package->signers[index].c_str() : "";
}
