#include <mos/package/package_file.hpp>

#include "package_state.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::package {

namespace {

// The content length of the skippable frame at `offset`.
Result<std::uint32_t> read_skippable_header(PackageState &state, std::uint64_t offset, std::uint32_t magic,
                                            std::string_view what) {
    base::Bytes bytes(skippable_header_bytes);
    MOS_CHECK(base::read_exactly(*state.source, offset, bytes));
    base::ByteReader reader{bytes};
    MOS_TRY(const std::uint32_t found, reader.u32());
    MOS_TRY(const std::uint32_t length, reader.u32());
    if (found != magic)
        return state.damaged(Code::FORMAT, fmt::format("the {} is not where it should be", what));
    return length;
}

Result<void> read_statement(PackageState &state) {
    base::Bytes begin(empty_frame.size());
    MOS_CHECK(base::read_exactly(*state.source, 0, begin));
    if (!std::ranges::equal(begin, std::as_bytes(std::span{empty_frame})))
        return state.damaged(Code::FORMAT, "it is no package");
    MOS_TRY(const std::uint32_t length,
            read_skippable_header(state, empty_frame.size(), statement_frame_magic, "statement"));
    if (length > state.limits.statement_bytes)
        return state.damaged(Code::LIMIT, fmt::format("the statement has {} bytes, at most {} are allowed", length,
                                                      state.limits.statement_bytes));
    state.statement_bytes.resize(length);
    MOS_CHECK(base::read_exactly(*state.source, empty_frame.size() + skippable_header_bytes, state.statement_bytes));
    MOS_TRY(state.statement, decode_statement(state.statement_bytes, state.limits));
    const Statement &statement = state.statement;
    if (statement.payload_stored_bytes <= last_frame_stored_bytes(statement.signature_area_bytes) ||
        statement.payload_plain_bytes <= last_frame_plain_bytes(statement.signature_area_bytes))
        return state.damaged(Code::FORMAT, "the payload is shorter than its last frame");
    return {};
}

Result<void> read_signature_area(PackageState &state) {
    const std::uint64_t offset = state.layout().signature_area;
    MOS_TRY(const std::uint32_t length,
            read_skippable_header(state, offset - skippable_header_bytes, signature_frame_magic, "signature area"));
    if (length != state.statement.signature_area_bytes)
        return state.damaged(Code::FORMAT, fmt::format("the signature area has {} bytes, the signed statement says {}",
                                                       length, state.statement.signature_area_bytes));
    base::Bytes bytes(length);
    MOS_CHECK(base::read_exactly(*state.source, offset, bytes));
    MOS_TRY(state.area, decode_signature_area(bytes, state.limits));
    return {};
}

// An ordinary tool accepts frames after the last one; we do not.
Result<void> check_length(PackageState &state) {
    const std::uint64_t expected = state.layout().end;
    MOS_TRY(const std::uint64_t actual, state.source->size());
    if (actual < expected)
        return state.damaged(Code::TRUNCATED, fmt::format("it has {} bytes instead of {}", actual, expected));
    if (actual > expected)
        return state.damaged(Code::TRAILING_DATA, fmt::format("it has {} bytes instead of {}", actual, expected));
    return {};
}

crypto::Subject subject_of(const Statement &statement) {
    return {.name = statement.name, .type = statement.type, .created_unix_s = statement.created_unix_s};
}

// What an ordinary tool extracts must not be something else than what was signed.
Result<void> check_last_frame(PackageState &state) {
    MOS_TRY(const base::Bytes expected, build_last_frame(state.area, state.statement.signature_area_bytes));
    base::Bytes found(expected.size());
    MOS_CHECK(base::read_exactly(*state.source, state.layout().last_frame, found));
    if (found != expected)
        return state.damaged(Code::SIGNATURE_COPY, "its last frame is not the readable copy of its signatures");
    return {};
}

Result<void> load(PackageState &state) {
    MOS_CHECK(check_length(state));
    MOS_CHECK(check_last_frame(state));
    MOS_TRY(const std::uint32_t length,
            read_skippable_header(state, state.layout().index - skippable_header_bytes, index_frame_magic, "index"));
    if (length != state.statement.index_stored_bytes)
        return state.damaged(Code::FORMAT, fmt::format("the index has {} bytes, the signed statement says {}", length,
                                                       state.statement.index_stored_bytes));
    return state.load_index();
}

}  // namespace

PackageFile::PackageFile(std::unique_ptr<PackageState> state) noexcept : m_state(std::move(state)) {}
PackageFile::PackageFile(PackageFile &&) noexcept = default;
PackageFile &PackageFile::operator=(PackageFile &&) noexcept = default;
PackageFile::~PackageFile() = default;

Result<PackageFile> PackageFile::open(std::unique_ptr<base::Source> source, const Limits &limits) {
    auto state = std::make_unique<PackageState>();
    state->source = std::move(source);
    state->limits = limits;
    if (auto read = read_statement(*state); !read)
        return in_context(std::move(read).error(),
                          fmt::format("can't open {} as a package", base::in_quotes(state->source->name())));
    if (auto read = read_signature_area(*state); !read)
        return in_context(std::move(read).error(),
                          fmt::format("can't open {} as a package", base::in_quotes(state->source->name())));
    return PackageFile{std::move(state)};
}

const Statement &PackageFile::claimed_statement() const noexcept { return m_state->statement; }
const SignatureArea &PackageFile::claimed_signatures() const noexcept { return m_state->area; }

Result<Package> PackageFile::authenticate(const crypto::TrustStore &trust, const crypto::Decision &decision) && {
    std::unique_ptr<PackageState> state = std::move(m_state);
    auto verdict = crypto::verify_signatures(signed_message(state->statement_bytes), subject_of(state->statement),
                                             state->area.known(), trust, decision);
    if (!verdict)
        return in_context(std::move(verdict).error(),
                          fmt::format("package {} is refused", base::in_quotes(state->source->name())));
    state->verdict = std::move(verdict).value();
    MOS_CHECK(load(*state));
    return Package{std::move(state)};
}

Result<crypto::Verdict> PackageFile::judge(const crypto::TrustStore &trust, const crypto::Decision &decision) const {
    MOS_TRY(crypto::Verdict verdict,
            crypto::judge_signatures(signed_message(m_state->statement_bytes), subject_of(m_state->statement),
                                     m_state->area.known(), trust, decision));
    for (const StoredSignature &stored : m_state->area.signatures)
        if (!crypto::algorithm_from_number(stored.algorithm))
            verdict.rejected.push_back(
                {.signer = "SHA256:" + base::to_hex(stored.key_id),
                 .algorithm = fmt::format("algorithm {}", stored.algorithm),
                 .error = Error{Code::ALGORITHM_REFUSED,
                                fmt::format("a signature is of a kind ({}) that is not known here", stored.algorithm)},
                 .fits = {}});
    return verdict;
}

Result<Package> PackageFile::accept_unverified() && {
    std::unique_ptr<PackageState> state = std::move(m_state);
    MOS_CHECK(load(*state));
    return Package{std::move(state)};
}

}  // namespace mos::package
