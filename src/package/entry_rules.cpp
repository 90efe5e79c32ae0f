#include "entry_rules.hpp"

#include <mos/package/index_line.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace mos::package {

Result<void> PathOrder::accept(const Entry &entry) {
    const auto refuse = [&](Code code, std::string_view what) {
        return Error{code, fmt::format("entry {} {}", base::in_quotes(entry.path), what)}.about(entry.path);
    };
    if (entry.path == m_previous)
        return refuse(Code::ENTRY_DUPLICATE, "stands twice");
    if (entry.path < m_previous)
        return refuse(Code::FORMAT, fmt::format("stands after {}", base::in_quotes(m_previous)));

    const auto differs = std::mismatch(m_previous.begin(), m_previous.end(), entry.path.begin(), entry.path.end());
    const auto common = static_cast<std::size_t>(differs.first - m_previous.begin());
    while (!m_blockers.empty() && m_blockers.back().length > common)
        m_blockers.pop_back();
    for (const Blocker &blocker : m_blockers) {
        if (entry.path[blocker.length] != '/')  // longer than the blocker, which it begins with
            continue;
        const std::string above = base::in_quotes(std::string_view{entry.path}.substr(0, blocker.length));
        if (blocker.symlink)
            return refuse(Code::SYMLINK_IN_PATH, fmt::format("lies below {}, a symbolic link", above));
        return refuse(Code::PATH_REFUSED, fmt::format("lies below {}, which is no directory", above));
    }
    if (entry.type != EntryType::directory)
        m_blockers.push_back({entry.path.size(), entry.type == EntryType::symlink});
    m_previous = entry.path;
    return {};
}

std::size_t SharedEntries::Hash::operator()(const ShortDigest &digest) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, digest.data(), sizeof value);
    return value;
}

SharedEntries::ShortDigest SharedEntries::short_digest(std::string_view text) {
    const crypto::Sha256Digest whole = crypto::sha256(base::as_bytes(text));
    ShortDigest result{};
    std::copy_n(whole.begin(), result.size(), result.begin());
    return result;
}

SharedEntries::ShortDigest SharedEntries::inode_digest(const Entry &entry) {
    return short_digest(fmt::format("{} {} {} {}", entry.mode, entry.owner, entry.group, entry.modified_unix_s));
}

SharedEntries::ShortDigest SharedEntries::content_digest(const Entry &entry) {
    Entry unnamed = entry;
    unnamed.path.clear();
    unnamed.links = 1;
    unnamed.copies = 0;
    unnamed.copy_of.clear();
    return short_digest(write_entry_line(unnamed));
}

Result<void> SharedEntries::refer(const Entry &entry, const std::string &to) {
    const bool copy = entry.type == EntryType::regular;
    const std::string_view relation = copy ? "copy of" : "hard link to";
    const auto refuse = [&](std::string_view what) {
        return Error{Code::FORMAT, fmt::format("entry {} is a {} {}, {}", base::in_quotes(entry.path), relation,
                                               base::in_quotes(to), what)}
            .about(entry.path);
    };
    const auto found = m_shared.find(short_digest(to));
    if (found == m_shared.end())
        return refuse("which is no earlier entry that announced it");
    std::uint32_t &left = copy ? found->second.copies_left : found->second.links_left;
    if (left == 0)
        return refuse("which did not announce so many");
    const bool agrees =
        copy ? content_digest(entry) == found->second.content : inode_digest(entry) == found->second.inode;
    if (!agrees)
        return refuse("but differs from it");
    --left;
    --m_left;
    return {};
}

Result<void> SharedEntries::accept(const Entry &entry, const Limits &limits) {
    if (entry.type == EntryType::hard_link)
        return refer(entry, entry.target);
    if (!entry.copy_of.empty())
        return refer(entry, entry.copy_of);
    if (entry.type != EntryType::regular || (entry.links == 1 && entry.copies == 0))
        return {};
    if (m_shared.size() >= limits.shared_entries)
        return Error{Code::LIMIT, fmt::format("more than {} entries share inode or content", limits.shared_entries)};
    m_shared.emplace(short_digest(entry.path),
                     Shared{entry.links - 1, entry.copies, inode_digest(entry), content_digest(entry)});
    m_left += std::uint64_t{entry.links} - 1 + entry.copies;
    return {};
}

Result<void> SharedEntries::finish() const {
    if (m_left != 0)
        return Error{Code::FORMAT, fmt::format("{} hard links or copies were announced and did not come", m_left)};
    return {};
}

namespace {

Error refuse_patch(Code code, const Entry &entry, std::string_view what) {
    return Error{code, fmt::format("entry {} {}", base::in_quotes(entry.path), what)}.about(entry.path);
}

}  // namespace

Result<void> PatchOrder::accept(const Entry &entry, const Limits &limits) {
    if (entry.origin == Origin::patched && entry.copy_of.empty())  // a copy stands where its original does
        return accept_part(entry, limits);
    const std::optional<PatchFile> file = patch_file_of(entry.path);
    if (!file)
        return {};
    if (file->patch != m_next_file || file->patch >= m_filled.size())
        return refuse_patch(Code::FORMAT, entry, "belongs to a patch that is not the next, or that nothing comes from");
    if (file->part == PatchPart::base && entry.size > limits.patch_base_bytes)
        return refuse_patch(Code::LIMIT, entry,
                            fmt::format("has {} bytes, at most {} are allowed", entry.size, limits.patch_base_bytes));
    if (file->part == PatchPart::delta)
        ++m_next_file;
    return {};
}

Result<void> PatchOrder::accept_part(const Entry &entry, const Limits &limits) {
    const PatchPlace &place = entry.patched;
    if (place.patch == m_filled.size()) {
        if (m_filled.size() >= limits.patches)
            return refuse_patch(Code::LIMIT, entry, fmt::format("needs more than {} patches", limits.patches));
        m_filled.push_back(0);
    }
    if (place.patch >= m_filled.size())
        return refuse_patch(Code::FORMAT, entry, fmt::format("leaves patches out before its patch {}", place.patch));
    std::uint64_t &filled = m_filled[place.patch];
    if (place.at != filled)
        return refuse_patch(Code::FORMAT, entry,
                            fmt::format("begins at {} of a patch's result, where {} comes next", place.at, filled));
    if (entry.size > limits.payload_bytes - filled)
        return refuse_patch(Code::LIMIT, entry,
                            fmt::format("makes its patch's result larger than {} bytes", limits.payload_bytes));
    filled += entry.size;
    return {};
}

Result<void> PatchOrder::finish() const {
    if (m_next_file != m_filled.size())
        return Error{Code::FORMAT, fmt::format("the files of {} patches are missing", m_filled.size() - m_next_file)};
    return {};
}

bool AbsentMembers::take(const Entry &entry) {
    if (entry.type == EntryType::hard_link)
        return m_first_names.contains(entry.target);
    if (entry.origin == Origin::stored)
        return false;
    if (entry.links > 1)
        m_first_names.insert(entry.path);
    return true;
}

}  // namespace mos::package
