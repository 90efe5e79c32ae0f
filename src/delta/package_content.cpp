#include <mos/delta/package_content.hpp>

#include "package_base.hpp"

#include <mos/package/bundled.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::delta {

using package::BaseLine;
using package::Entry;
using package::Origin;

namespace {

// The payload of a delta that stands in a package: what follows the header.
ByteStream payload_of(base::Source &delta) {
    return [&delta, at = std::uint64_t{header_bytes}](base::MutableByteView out) mutable -> Result<std::size_t> {
        MOS_TRY(const std::size_t count, delta.read_at(at, out));
        at += count;
        return count;
    };
}

Error wrong_content(const Entry &entry) {
    return Error{Code::DIGEST_MISMATCH, fmt::format("what the delta package makes of the base is not the content of {}",
                                                    base::in_quotes(entry.path))}
        .about(entry.path);
}

Error needs_more_memory(std::uint64_t needed, std::uint64_t allowed) {
    return Error{Code::LIMIT,
                 fmt::format("a patch of the delta package needs {} bytes of memory; {} are allowed", needed, allowed)}
        .with_remedy("allow more memory, or take the full package");
}

}  // namespace

PackageContent::PackageContent(std::shared_ptr<package::Package> package, BaseFiles &base, const ApplyOptions &options)
    : m_package(std::move(package)), m_base(base), m_options(options) {}

Result<std::unique_ptr<PackageContent>> PackageContent::open(std::shared_ptr<package::Package> package, BaseFiles &base,
                                                             const ApplyOptions &options) {
    std::unique_ptr<PackageContent> content{new PackageContent{std::move(package), base, options}};
    MOS_CHECK(content->load());
    return content;
}

// The cursor has checked all numbers, and bounds how many there are.
void PackageContent::take(const Entry &entry) {
    if (entry.origin == Origin::patched && entry.copy_of.empty()) {
        if (entry.patched.patch == m_patches.size())
            m_patches.emplace_back();
        Patch &patch = m_patches[entry.patched.patch];
        patch.result_bytes += entry.size;
        ++patch.parts;
        return;
    }
    if (const auto file = package::patch_file_of(entry.path)) {
        Patch &patch = m_patches[file->patch];
        (file->part == package::PatchPart::base ? patch.list : patch.delta) = {entry.extent, entry.size, entry.sha256};
    }
}

Result<void> PackageContent::load() {
    MOS_TRY(package::EntryCursor cursor, m_package->entries());
    for (;;) {
        MOS_TRY(const std::optional<Entry> entry, cursor.next());
        if (!entry)
            return {};
        take(*entry);
    }
}

Error PackageContent::damaged(std::uint32_t number, std::string_view what) const {
    const std::string path = package::patch_path({number, package::PatchPart::delta});
    return Error{Code::FORMAT, fmt::format("{} in the package {} {}", base::in_quotes(path),
                                           base::in_quotes(m_package->name()), what)}
        .about(path);
}

Entry PackageContent::entry_of(std::uint32_t number, package::PatchPart part) const {
    const Patch &patch = m_patches.at(number);
    const Stored &stored = part == package::PatchPart::base ? patch.list : patch.delta;
    Entry entry;
    entry.path = package::patch_path({number, part});
    entry.size = stored.size;
    entry.sha256 = stored.sha256;
    entry.extent = stored.extent;
    return entry;
}

Result<void> PackageContent::check_header(std::uint32_t number, const DeltaInfo &info, std::uint64_t base_bytes) const {
    const Patch &patch = m_patches.at(number);
    if (info.result.size != patch.result_bytes || info.base.size != base_bytes ||
        info.payload_bytes + header_bytes != patch.delta.size)
        return damaged(number, "says other sizes than the index does");
    return {};
}

Result<std::vector<BaseLine>> PackageContent::read_list(std::uint32_t number) {
    std::vector<BaseLine> files;
    const Entry list = entry_of(number, package::PatchPart::base);
    if (list.size == 0)
        return files;
    std::string text;
    text.reserve(static_cast<std::size_t>(list.size));  // which the cursor has bounded
    MOS_CHECK(m_package->read_content(list, [&](base::ByteView part) -> Result<void> {
        text += base::as_text(part);
        return {};
    }));
    std::uint64_t total = 0;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos)
            return damaged(number, "has a list of base files that ends within a line");
        auto file = package::parse_base_line(rest.substr(0, end), {});
        if (!file)
            return damaged(number, "has a list of base files that is malformed").caused_by(std::move(file).error());
        rest.remove_prefix(end + 1);
        if (file->size > max_file_bytes - total)
            return damaged(number, "has base files that are too large together");
        total += file->size;
        files.push_back(std::move(file).value());
    }
    return files;
}

Result<std::vector<BaseLine>> PackageContent::base_lines(const Entry &entry) {
    return entry.origin == Origin::patched ? read_list(entry.patched.patch) : std::vector<BaseLine>{};
}

Result<void> PackageContent::add_frames(const Entry &entry, package::FrameSet &frames) const {
    if (entry.origin == Origin::unchanged)
        return {};
    if (entry.origin != Origin::patched)
        return m_package->add_frames(entry, frames);
    MOS_CHECK(m_package->add_frames(entry_of(entry.patched.patch, package::PatchPart::base), frames));
    return m_package->add_frames(entry_of(entry.patched.patch, package::PatchPart::delta), frames);
}

// The list, once as text and once in parts, and the group that is held count as memory too.
Result<std::uint64_t> PackageContent::memory_left(std::uint32_t number, std::uint64_t held_bytes) const {
    const std::uint64_t taken = held_bytes + m_patches.at(number).list.size * 2;
    if (taken >= m_options.memory_limit)
        return needs_more_memory(taken, m_options.memory_limit);
    return m_options.memory_limit - taken;
}

Result<void> PackageContent::check_asked(const DeltaInfo &info, std::uint64_t left) const {
    if (info.apply_memory > left)
        return needs_more_memory(info.apply_memory + (m_options.memory_limit - left), m_options.memory_limit);
    return {};
}

Result<void> PackageContent::check_group(std::uint32_t number) const {
    const Patch &patch = m_patches.at(number);
    if (patch.result_bytes > most_group_bytes(m_options.memory_limit))
        return needs_more_memory(patch.result_bytes * 4, m_options.memory_limit);
    return {};
}

// A group that was made stays in memory while patches after it are applied: the largest so far counts.
Result<void> PackageContent::check_memory(std::uint32_t number) {
    const Patch &patch = m_patches.at(number);
    std::uint64_t held = m_largest_group;
    if (patch.parts > 1) {
        MOS_CHECK(check_group(number));
        held = patch.result_bytes;
        m_largest_group = std::max(m_largest_group, held);
    }
    MOS_TRY(const std::uint64_t left, memory_left(number, held));
    MOS_TRY(const auto delta, package::open_bundled(m_package, entry_of(number, package::PatchPart::delta)));
    MOS_TRY(const DeltaInfo info, read_header(*delta));
    return check_asked(info, left);
}

Result<void> PackageContent::check_memory(const Entry &entry) {
    return entry.origin == Origin::patched ? check_memory(entry.patched.patch) : Result<void>{};
}

Result<void> PackageContent::check_memory() {
    for (std::uint32_t number = 0; number < m_patches.size(); ++number)
        MOS_CHECK(check_memory(number));
    return {};
}

Result<void> PackageContent::apply(std::uint32_t number, std::uint64_t held_bytes, const base::ByteSink &sink) {
    MOS_TRY(const std::uint64_t left, memory_left(number, held_bytes));
    MOS_TRY(const std::vector<BaseLine> files, read_list(number));
    JoinedBase joined{m_base, files};
    MOS_TRY(const auto delta, package::open_bundled(m_package, entry_of(number, package::PatchPart::delta)));
    MOS_TRY(const DeltaInfo info, read_header(*delta));
    MOS_TRY(const std::uint64_t base_bytes, joined.size());
    MOS_CHECK(check_header(number, info, base_bytes));
    MOS_CHECK(check_asked(info, left));
    ApplyOptions options = m_options;
    options.memory_limit = left;
    auto applied = apply_payload(info.codec, joined, payload_of(*delta), info.result, options, sink);
    if (applied)
        return {};
    // Every frame of the package was checked before it was used; so the base is what may have changed.
    return blame_base(std::move(applied).error(), joined, info.base, options.observer);
}

Result<void> PackageContent::make_group(std::uint32_t number) {
    if (m_has_group && m_group_number == number)
        return {};
    m_has_group = false;
    m_group.clear();
    MOS_CHECK(check_group(number));
    const Patch &patch = m_patches.at(number);
    m_group.reserve(static_cast<std::size_t>(patch.result_bytes));
    MOS_CHECK(apply(number, patch.result_bytes, [&](base::ByteView part) -> Result<void> {
        m_group.insert(m_group.end(), part.begin(), part.end());
        return {};
    }));
    m_group_number = number;
    m_has_group = true;
    return {};
}

Result<void> PackageContent::read_patched(const Entry &entry, const base::ByteSink &sink) {
    const Patch &patch = m_patches.at(entry.patched.patch);
    crypto::Sha256 hasher;
    const auto give = [&](base::ByteView part) -> Result<void> {
        hasher.update(part);
        return sink(part);
    };
    if (patch.parts == 1) {
        MOS_CHECK(apply(entry.patched.patch, m_group.capacity(), give));
    } else {
        MOS_CHECK(make_group(entry.patched.patch));
        MOS_CHECK(give(base::ByteView{m_group}.subspan(static_cast<std::size_t>(entry.patched.at),
                                                       static_cast<std::size_t>(entry.size))));
    }
    return hasher.finish() == entry.sha256 ? Result<void>{} : Result<void>{wrong_content(entry)};
}

Result<void> PackageContent::read(const Entry &entry, const base::ByteSink &sink) {
    switch (entry.origin) {
    case Origin::stored:
    case Origin::derived:
        break;
    case Origin::patched:
        return read_patched(entry, sink);
    case Origin::unchanged:
        return copy_base_file(m_base, package::unchanged_file(entry), sink);
    }
    return m_package->read_content(entry, sink);
}

Result<void> PackageContent::check_patches() {
    for (std::uint32_t number = 0; number < m_patches.size(); ++number) {
        MOS_TRY(const std::vector<BaseLine> files, read_list(number));
        std::uint64_t base_bytes = 0;
        for (const BaseLine &file : files)
            base_bytes += file.size;
        MOS_TRY(const auto delta, package::open_bundled(m_package, entry_of(number, package::PatchPart::delta)));
        MOS_TRY(const DeltaInfo info, read_header(*delta));
        MOS_CHECK(check_header(number, info, base_bytes));
    }
    return {};
}

void PackageContent::rest() noexcept {
    m_has_group = false;
    m_group = {};
}

Result<void> check_content(package::Package &package, PackageContent &content, base::Observer &observer) {
    base::Progress progress;
    progress.phase = base::Phase::verifying;
    progress.total_entries = package.statement().entries;
    MOS_TRY(package::EntryCursor cursor, package.entries());
    for (;;) {
        MOS_CHECK(observer.checkpoint());
        MOS_TRY(const std::optional<Entry> entry, cursor.next());
        if (!entry)
            return {};
        if (entry->type == package::EntryType::regular)
            MOS_CHECK(content.read(*entry, [](base::ByteView) { return Result<void>{}; }));
        ++progress.done_entries;
        progress.done_bytes += entry->size;
        observer.report(progress);
    }
}

}  // namespace mos::delta
