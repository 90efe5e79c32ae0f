// The trust entries and revocation lists of a root, as they are read and shown.
#pragma once

#include "frame/listing.hpp"

namespace update_tool {

struct Entry {
    std::string id, kind, name, subject, algorithm, fingerprint, packages, types;
    mos_trust_level level;
    std::int64_t not_before_unix_s, not_after_unix_s;  // 0: without an end
};

struct Revocations {
    std::string id, issuer, fingerprint, number, state;
    std::int64_t this_update_unix_s, next_update_unix_s;
    std::uint64_t revoked_count;
};

[[nodiscard]] frame::Result<std::vector<Entry>> read_entries(const frame::TrustList &list);
[[nodiscard]] frame::Result<std::vector<Revocations>> read_revocations(const frame::TrustList &list);

[[nodiscard]] const frame::Columns<Entry> &entry_columns();
[[nodiscard]] const frame::Columns<Revocations> &revocation_columns();

// "everything", or what it may sign.
[[nodiscard]] std::string scope_text(const Entry &entry);

}  // namespace update_tool
