#include "forge.hpp"

#include "sample.hpp"
#include "target.hpp"

#include <mos/package/frame.hpp>
#include <mos/package/index_line.hpp>
#include <mos/package/layout.hpp>
#include <mos/package/metadata.hpp>
#include <mos/package/signature_area.hpp>
#include <mos/package/tar.hpp>

#include <algorithm>
#include <iterator>
#include <map>

namespace mos::fuzz {

namespace {

using base::Bytes;
using base::ByteView;
using package::Entry;
using package::EntryType;

constexpr std::uint32_t area_bytes = 1024;
constexpr std::uint32_t metadata_mode = 0644;

void append(Bytes &out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// One frame of the payload that is being filled.
struct Frame {
    std::uint32_t number = 0;
    Bytes plain;

    void add(ForgedEntry &forged) {
        Entry &entry = forged.entry;
        if (entry.type == EntryType::regular) {
            entry.size = forged.claimed_size.value_or(forged.content.size());
            entry.sha256 = crypto::sha256(base::as_bytes(forged.content));
        }
        if (entry.origin != package::Origin::stored)
            return;
        append(plain, package::tar_header(entry));
        if (entry.type != EntryType::regular)
            return;
        entry.extent = entry.size == 0 ? package::Extent{} : package::Extent{number, 1, plain.size()};
        entry.extent = forged.claimed_extent.value_or(entry.extent);
        append(plain, base::as_bytes(forged.content));
        plain.resize(plain.size() + static_cast<std::size_t>(package::tar_padding(forged.content.size())));
    }
};

// A hard link shows what its file has, and the file counts its names.
void join_links(std::vector<ForgedEntry> &entries) {
    std::map<std::string_view, Entry *> files;
    for (ForgedEntry &forged : entries)
        if (forged.entry.type == EntryType::regular)
            files.emplace(forged.entry.path, &forged.entry);
    for (ForgedEntry &forged : entries) {
        Entry &link = forged.entry;
        const auto file = files.find(link.target);
        if (link.type != EntryType::hard_link || file == files.end())
            continue;
        ++file->second->links;
        link.mode = file->second->mode;
        link.owner = file->second->owner;
        link.group = file->second->group;
        link.modified_unix_s = file->second->modified_unix_s;
    }
}

// The text of a manifest that can be read, with a time of creation: a package has one.
std::string with_creation_time(const std::string &text) {
    auto manifest = package::parse_manifest(text);
    if (!manifest || manifest->package_info.created_unix_s)
        return text;
    manifest->package_info.created_unix_s = 0;
    return package::write_manifest(*manifest);
}

package::Statement statement_of(std::string_view manifest_text) {
    package::Statement statement;
    statement.signature_area_bytes = area_bytes;
    statement.manifest_bytes = static_cast<std::uint32_t>(manifest_text.size());
    package::PackageInfo info;
    info.name = "p";
    info.version = "1";
    if (const auto manifest = package::parse_manifest(manifest_text))
        info = manifest->package_info;
    statement.name = info.name;
    statement.version = info.version;
    statement.release = info.release;
    statement.architecture = info.architecture;
    statement.type = info.type;
    statement.created_unix_s = std::clamp<std::int64_t>(info.created_unix_s.value_or(0), 0, package::max_creation_time);
    return statement;
}

std::vector<ForgedEntry> metadata_of(const std::string &manifest, const package::Statement &statement) {
    std::vector<ForgedEntry> metadata;
    const auto add = [&](std::string_view path, std::string content) {
        ForgedEntry forged;
        forged.entry.path = path;
        forged.entry.mode = metadata_mode;
        forged.entry.modified_unix_s = statement.created_unix_s;
        forged.content = std::move(content);
        metadata.push_back(std::move(forged));
    };
    add(package::manifest_path, manifest);  // the payload's first member
    add(package::checksums_path, "{}\n");
    if (statement.kind == package::PackageKind::delta)
        metadata.back().entry.origin = package::Origin::derived;
    add(package::version_path, package::write_version_json(statement));
    return metadata;
}

// What a delta package does not store, as its other entries say.
void derive_checksums(std::vector<ForgedEntry> &all) {
    package::ChecksumsText lines;
    std::string text = package::ChecksumsText::begin();
    for (const ForgedEntry &forged : all)
        text += lines.line(forged.entry);
    text += package::ChecksumsText::end();
    for (ForgedEntry &forged : all) {
        if (forged.entry.origin != package::Origin::derived)
            continue;
        forged.entry.size = text.size();
        forged.entry.sha256 = crypto::sha256(base::as_bytes(text));
    }
}

Bytes signed_file(package::Statement &statement, const Bytes &index, const Bytes &payload,
                  std::string_view signer_pem) {
    const Bytes bytes = package::encode_statement(statement);
    package::SignatureArea area;
    area.put(must(sample_signer(signer_pem)->sign(package::signed_message(bytes)), "a statement is signed"));
    Bytes file;
    append(file, std::as_bytes(std::span{package::empty_frame}));
    append(file, package::skippable_header(package::statement_frame_magic, static_cast<std::uint32_t>(bytes.size())));
    append(file, bytes);
    append(file, package::skippable_header(package::signature_frame_magic, area_bytes));
    append(file, must(package::encode_signature_area(area, area_bytes, {}), "a signature has room"));
    append(file, package::skippable_header(package::index_frame_magic, static_cast<std::uint32_t>(index.size())));
    append(file, index);
    append(file, payload);
    append(file, must(package::build_last_frame(area, area_bytes), "a signature has room"));
    return file;
}

}  // namespace

Bytes forge_package(ForgedPackage forged, std::string_view signer_pem) {
    const std::string manifest = with_creation_time(forged.manifest);
    package::Statement statement = statement_of(manifest);
    if (forged.base_content) {
        statement.kind = package::PackageKind::delta;
        statement.base_content_digest = *forged.base_content;
    }
    std::vector<ForgedEntry> all = metadata_of(manifest, statement);
    Frame frames[2] = {{0, {}}, {1, {}}};
    for (ForgedEntry &entry : all)
        frames[0].add(entry);
    join_links(forged.entries);
    for (ForgedEntry &entry : forged.entries)
        frames[1].add(entry);
    const auto path = [](const ForgedEntry &one) -> const std::string & { return one.entry.path; };
    std::ranges::sort(all, {}, path);
    all.insert(all.begin(), std::move_iterator{forged.entries.begin()}, std::move_iterator{forged.entries.end()});
    if (forged.sorted)
        std::ranges::stable_sort(all, {}, path);
    derive_checksums(all);

    std::string text;
    Bytes payload;
    for (const Frame &frame : frames) {
        if (frame.plain.empty())
            continue;
        const Bytes stored = package::raw_frame(frame.plain);
        text += package::write_frame_line({frame.number, stored.size(), frame.plain.size(), crypto::sha256(stored),
                                           crypto::sha256(frame.plain)}) +
                "\n";
        append(payload, stored);
        statement.payload_plain_bytes += frame.plain.size();
        ++statement.frames;
    }
    package::ContentDigest digest;
    for (const ForgedEntry &one : all) {
        text += one.line.value_or(package::write_entry_line(one.entry)) + "\n";
        digest.add(one.entry);
    }
    const Bytes index = package::raw_frame(base::as_bytes(text));
    statement.content_digest = digest.finish();
    statement.entries = all.size();
    statement.index_stored_bytes = index.size();
    statement.index_expanded_bytes = text.size();
    statement.index_sha256 = crypto::sha256(index);
    statement.payload_stored_bytes = payload.size() + package::last_frame_stored_bytes(area_bytes);
    statement.payload_plain_bytes += package::last_frame_plain_bytes(area_bytes);
    return signed_file(statement, index, payload, signer_pem);
}

}  // namespace mos::fuzz
