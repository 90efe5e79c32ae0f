#include <mos/snapshot/backup.hpp>

#include "backup_listing.hpp"
#include "tar_reader.hpp"

#include <mos/base/path.hpp>
#include <mos/base/sparse_writer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

namespace mos::snapshot {

using base::in_quotes;

namespace {

constexpr std::size_t block_bytes = 256U << 10U;

Error damaged(std::string message) { return Error{Code::BACKUP_DAMAGED, std::move(message)}; }

Error refused(std::string_view path, std::string_view why) {
    return damaged(fmt::format("the backup has {}, {}", in_quotes(path), why)).about(std::string{path});
}

bool is_own(std::string_view path) { return path == listing_folder || base::is_below(path, listing_folder); }

std::uint64_t within(std::uint64_t a, std::uint64_t b) {
    const auto product = base::checked_multiply(a, b);
    return product ? *product : UINT64_MAX;
}

}  // namespace

struct BackupReader::State {
    State(TarReader reader, const BackupLimits &allowed, std::uint64_t bytes)
        : tar(std::move(reader)), limits(allowed), archive_bytes(bytes) {}

    // A member of the backup's own, whole; `limit` bounds it before memory is taken.
    [[nodiscard]] Result<std::string> read_own(const Member &own, std::uint64_t limit) {
        if (!own.has_content() || own.status.size > limit)
            return refused(own.path, "which is not as backups write it");
        std::string text(static_cast<std::size_t>(own.status.size), '\0');
        for (std::size_t done = 0; done < text.size();) {
            MOS_TRY(const std::size_t count, tar.read(std::as_writable_bytes(std::span{text}.subspan(done))));
            if (count == 0)
                return damaged("the backup ends too early");
            done += count;
        }
        return text;
    }

    [[nodiscard]] Result<void> read_about() {
        MOS_TRY(const Member *const first, tar.next());
        if (first == nullptr || first->path != about_path)
            return damaged(fmt::format("this is no backup of multiosupdate: it does not begin with {}", about_path));
        MOS_TRY(const std::string text, read_own(*first, max_about_bytes));
        MOS_TRY(about, about_from_text(text));
        tops.insert(about.paths.begin(), about.paths.end());
        listing.emplace(text);
        return {};
    }

    // What a path must be in, so that nothing is made below a link or beside what was asked for.
    [[nodiscard]] Result<void> check_place(const Member &found) {
        const std::string_view path = found.path;
        if (auto sound = base::check_entry_path(path); !sound)
            return in_context(std::move(sound).error(), "the backup has a path that is refused");
        if (!last_path.empty() && !WalkOrder{}(last_path, path))
            return refused(path, last_path == path ? "twice" : "out of its order");
        last_path = path;
        while (!folders.empty() && !base::is_below(path, folders.back()))
            folders.pop_back();
        const bool in_folder = !folders.empty() && base::split_path(path).parent == folders.back();
        if (!in_folder && !tops.contains(path))
            return refused(path, "which lies in no folder that it has");
        if (!found.hard_link_to.empty())
            return check_link(found);
        if (found.status.type == base::FileType::directory)
            folders.emplace_back(path);
        return {};
    }

    [[nodiscard]] static Result<void> check_link(const Member &found) {
        if (auto sound = base::check_entry_path(found.hard_link_to); !sound)
            return in_context(std::move(sound).error(), "the backup has a link that leads outside");
        if (!WalkOrder{}(found.hard_link_to, found.path))
            return refused(found.path, "which is a link to what does not stand before it");
        return {};
    }

    [[nodiscard]] Result<void> check_limits(const Member &found) {
        if (++totals.entries > limits.entries)
            return Error{Code::LIMIT, fmt::format("the backup has more than {} entries", limits.entries)};
        MOS_TRY(totals.content_bytes, base::checked_add(totals.content_bytes, found.status.size));
        const std::uint64_t allowed =
            std::min(limits.content_bytes, std::max(within(archive_bytes, limits.expansion), limits.always_bytes));
        if (totals.content_bytes > allowed)
            return Error{Code::LIMIT, fmt::format("{} brings the content of a backup of {} bytes to {}, more than is "
                                                  "believed; {} are allowed",
                                                  in_quotes(found.path), archive_bytes, totals.content_bytes, allowed)}
                .about(found.path);
        return {};
    }

    // Bytes that take room.
    [[nodiscard]] Result<void> count_dense(base::ByteView bytes) {
        totals.dense_bytes += base::dense_bytes(bytes);
        const std::uint64_t allowed = std::max(within(archive_bytes, limits.dense_expansion), limits.always_bytes);
        if (totals.dense_bytes > allowed)
            return Error{Code::LIMIT, fmt::format("{} brings what a backup of {} bytes would take on disk beyond {}",
                                                  in_quotes(entry.path), archive_bytes, allowed)}
                .about(entry.path);
        return {};
    }

    [[nodiscard]] Result<std::size_t> read(base::MutableByteView out) {
        if (!open || rest == 0)
            return std::size_t{0};
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), rest));
        MOS_TRY(const std::size_t count, tar.read(out.first(wanted)));
        if (count == 0)
            return damaged(fmt::format("the backup ends within {}", in_quotes(entry.path))).about(entry.path);
        rest -= count;
        content.update(out.first(count));
        MOS_CHECK(count_dense(out.first(count)));
        if (rest == 0)
            digest = content.finish();
        return count;
    }

    // The present entry has been read: its line is known.
    [[nodiscard]] Result<void> close() {
        if (!open)
            return {};
        base::Bytes scratch(rest == 0 ? 0 : block_bytes);
        while (rest != 0) {
            MOS_TRY([[maybe_unused]] const std::size_t count, read(scratch));
        }
        open = false;
        listing->add(member, digest);
        return {};
    }

    // Nothing may come after the last member.
    [[nodiscard]] Result<void> finish(const Member &last) {
        MOS_TRY(const std::string text, read_own(last, listing_bytes));
        if (!listing->is_empty() || text != listing->end(totals.content_bytes))
            return damaged("the backup's end does not fit what is in it: entries are missing, or it was altered");
        MOS_TRY(const Member *const more, tar.next());
        if (more != nullptr)
            return refused(more->path, "after its end");
        ended = true;
        return {};
    }

    [[nodiscard]] Result<void> take_own(const Member &own) {
        if (own.path == end_path)
            return finish(own);
        if (listing->is_empty())
            return refused(own.path, "where nothing is to be listed");
        // The one that is due is known to the byte; what differs may be a little longer.
        MOS_TRY(const std::string text, read_own(own, listing->pending_bytes() + listing_bytes));
        return listing->check(own.path, text);
    }

    [[nodiscard]] Result<void> take_entry(const Member &found) {
        if (listing->is_full())
            return refused(found.path, "where a list of what came before is due");
        MOS_CHECK(check_place(found));
        MOS_CHECK(check_limits(found));
        member = found;
        entry = {.path = found.path,
                 .type = found.status.type,
                 .attributes = {.mode = found.status.mode,
                                .owner = found.status.owner,
                                .group = found.status.group,
                                .modified = found.status.modified,
                                .extended = found.attributes},
                 .size = found.status.size,
                 .symlink_target = found.symlink_target,
                 .hard_link_to = found.hard_link_to};
        open = true;
        rest = entry.has_content() ? entry.size : 0;
        digest = content.finish();  // of nothing, until there is something
        return {};
    }

    TarReader tar;
    const BackupLimits limits;
    const std::uint64_t archive_bytes;
    BackupAbout about;
    std::set<std::string, std::less<>> tops;
    std::optional<BackupListing> listing;
    std::vector<std::string> folders;  // from the outermost on, those that what comes next may lie in
    std::string last_path;
    BackupTotals totals;

    Member member;
    BackupEntry entry;
    bool open = false;  // its line is still to be made
    std::uint64_t rest = 0;
    crypto::Sha256 content;
    crypto::Sha256Digest digest = {};
    bool ended = false;
};

BackupReader::BackupReader(std::unique_ptr<State> state) : m_state(std::move(state)) {}
BackupReader::BackupReader(BackupReader &&) noexcept = default;
BackupReader &BackupReader::operator=(BackupReader &&) noexcept = default;
BackupReader::~BackupReader() = default;

Result<BackupReader> BackupReader::open(base::Source &source, const BackupLimits &limits) {
    MOS_TRY(const std::uint64_t bytes, source.size());
    const auto in_source = [&](Error error) {
        std::string sentence = fmt::format("{} is no backup that can be read", in_quotes(source.name()));
        return error.code() == Code::BACKUP_DAMAGED
                   ? base::in_context(std::move(error), std::move(sentence)).about(source.name())
                   : error;
    };
    auto tar = TarReader::open(source);
    if (!tar)
        return in_source(std::move(tar).error());
    auto state = std::make_unique<State>(std::move(*tar), limits, bytes);
    if (auto begun = state->read_about(); !begun)
        return in_source(std::move(begun).error());
    return BackupReader{std::move(state)};
}

Result<const BackupEntry *> BackupReader::next() {
    MOS_CHECK(m_state->close());
    while (!m_state->ended) {
        MOS_TRY(const Member *const found, m_state->tar.next());
        if (found == nullptr)
            return damaged("the backup ends too early: its last member is missing");
        if (!is_own(found->path)) {
            MOS_CHECK(m_state->take_entry(*found));
            return static_cast<const BackupEntry *>(&m_state->entry);
        }
        const Member own = *found;
        MOS_CHECK(m_state->take_own(own));
    }
    return static_cast<const BackupEntry *>(nullptr);
}

Result<std::size_t> BackupReader::read(base::MutableByteView out) { return m_state->read(out); }
const BackupAbout &BackupReader::about() const noexcept { return m_state->about; }
const crypto::Sha256Digest &BackupReader::content_digest() const noexcept { return m_state->digest; }
const BackupTotals &BackupReader::totals() const noexcept { return m_state->totals; }

Result<BackupTotals> verify_backup(base::Source &source, const BackupLimits &limits, base::Observer &observer) {
    MOS_TRY(BackupReader reader, BackupReader::open(source, limits));
    base::Bytes buffer(block_bytes);
    base::Progress progress{.phase = base::Phase::verifying};
    for (;;) {
        MOS_CHECK(observer.checkpoint());
        MOS_TRY(const BackupEntry *const entry, reader.next());
        if (entry == nullptr)
            return reader.totals();
        ++progress.done_entries;
        for (;;) {
            observer.report(progress);
            MOS_TRY(const std::size_t count, reader.read(buffer));
            if (count == 0)
                break;
            MOS_CHECK(observer.checkpoint());
            progress.done_bytes += count;
        }
    }
}

}  // namespace mos::snapshot
