#include <mos/state/database_files.hpp>

#include "checksum.hpp"
#include "database_lock.hpp"
#include "log_walker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>
#include <vector>

namespace mos::state {

using base::Directory;
using base::File;
using base::OpenMode;

namespace {

constexpr std::size_t chunk_bytes = 256U << 10U;  // a multiple of every page size

Result<std::unique_ptr<File>> open_if_there(Directory &directory, const char *name) {
    auto opened = directory.open_file(name, OpenMode::read);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return std::unique_ptr<File>{};
    return opened;
}

// What the log says about pages of the database file, which it supersedes.
struct Superseded {
    std::unordered_set<std::uint64_t> pages;
    std::optional<std::uint64_t> page_count;  // of the database, by its last commit
};

Result<Superseded> superseded_by_log(Directory &directory) {
    Superseded found;
    MOS_TRY(const auto log, open_if_there(directory, log_name));
    if (log == nullptr)
        return found;
    MOS_TRY(auto walker, LogWalker::begin(*log));
    std::vector<std::uint32_t> uncommitted;
    while (walker) {
        MOS_TRY(const auto frame, walker->next());
        if (!frame)
            break;
        uncommitted.push_back(frame->page);
        if (frame->pages_after_commit == 0)
            continue;
        found.pages.insert(uncommitted.begin(), uncommitted.end());
        found.page_count = frame->pages_after_commit;
        uncommitted.clear();
    }
    return found;
}

struct PageCheck {
    std::vector<std::uint64_t> failed;  // numbers of pages
    std::uint64_t pages = 0;            // in the file, a begun one included
    std::uint64_t pages_by_header = 0;  // 0 when page 1 failed
};

constexpr std::size_t page_count_offset = 28;

std::uint64_t page_count_of(base::ByteView page_1) {
    std::uint64_t count = 0;
    for (const std::byte byte : page_1.subspan(page_count_offset, 4))
        count = count << 8U | std::to_integer<std::uint64_t>(byte);
    return count;
}

// SQLite takes a log without its database for one, and deletes it beside an empty database.
Result<void> check_beginning(Directory &directory, File &file) {
    MOS_TRY(const base::FileStatus status, file.status());
    MOS_TRY(const bool begins, begins_as_database(file));
    if (begins)
        return {};
    if (status.size > 0)
        return Error{Code::DATABASE_DAMAGED, "'state.db' is no database"};
    MOS_TRY(const auto log, directory.find(log_name));
    if (log && log->size > 0)
        return Error{Code::DATABASE_DAMAGED, "'state.db' is empty, and its log is not"};
    return {};
}

Result<PageCheck> check_each_page(File &file, std::uint32_t page_bytes) {
    PageCheck check;
    base::Bytes chunk(chunk_bytes);
    for (std::uint64_t offset = 0;; offset += chunk.size()) {
        MOS_TRY(const std::size_t count, file.read_at(offset, chunk));
        for (std::size_t begin = 0; begin < count; begin += page_bytes) {
            const auto page =
                base::ByteView{chunk}.first(count).subspan(begin, std::min<std::size_t>(page_bytes, count - begin));
            const std::uint64_t number = ++check.pages;
            const bool unused = number == unused_byte / page_bytes + 1;
            if (page.size() < page_bytes || (!unused && !is_sealed(page, number)))
                check.failed.push_back(number);
            else if (number == 1)
                check.pages_by_header = page_count_of(page);
        }
        if (count < chunk.size())
            return check;
    }
}

// Appends to `to` what follows in the log, up to its last commit.
Result<void> append_frames(LogWalker &walker, File &to) {
    for (;;) {
        MOS_TRY(const auto frame, walker.next());
        if (!frame)
            break;
        MOS_CHECK(to.write_at(frame->offset, frame->bytes));
    }
    return to.resize(walker.committed());
}

// Whether the frame that ends at `end` is the same in both logs; with it, for its checksum runs on, all before it.
Result<bool> same_frame(File &a, File &b, std::uint64_t end, std::uint64_t frame_bytes) {
    std::array<std::byte, frame_header_bytes> frame_of_a{};
    std::array<std::byte, frame_header_bytes> frame_of_b{};
    MOS_TRY(const std::size_t read_of_a, a.read_at(end - frame_bytes, frame_of_a));
    MOS_TRY(const std::size_t read_of_b, b.read_at(end - frame_bytes, frame_of_b));
    return read_of_a == frame_header_bytes && read_of_b == frame_header_bytes && frame_of_a == frame_of_b;
}

// Up to where the copy of a log is whole, which the log itself then also is; nothing when it is no beginning of it. The
// copy is read in full: a cut may have taken any part of what was not flushed, not its end alone.
Result<std::optional<std::uint64_t>> end_of_copy(const LogWalker &walker, File &log, File &copy) {
    const std::optional<std::uint64_t> none;
    MOS_TRY(auto of_copy, LogWalker::begin(copy));
    if (!of_copy || of_copy->header() != walker.header())
        return none;
    for (;;) {
        MOS_TRY(const auto frame, of_copy->next());
        if (!frame)
            break;
    }
    const std::uint64_t end = of_copy->committed();
    if (end == 0)
        return std::optional{std::uint64_t{log_header_bytes}};
    MOS_TRY(const bool same, same_frame(log, copy, end, walker.frame_bytes()));
    return same ? std::optional{end} : none;
}

Result<bool> same_size(Directory &a, Directory &b, const char *name) {
    MOS_TRY(const auto of_a, a.find(name));
    MOS_TRY(const auto of_b, b.find(name));
    return of_a && of_b && of_a->size == of_b->size;
}

Result<bool> same_content(Directory &a, Directory &b, const char *name) {
    MOS_TRY(const auto file_of_a, a.open_file(name, OpenMode::read));
    MOS_TRY(const auto file_of_b, b.open_file(name, OpenMode::read));
    base::Bytes chunk_of_a(chunk_bytes);
    base::Bytes chunk_of_b(chunk_bytes);
    for (std::uint64_t offset = 0;; offset += chunk_bytes) {
        MOS_TRY(const std::size_t read_of_a, file_of_a->read_at(offset, chunk_of_a));
        MOS_TRY(const std::size_t read_of_b, file_of_b->read_at(offset, chunk_of_b));
        if (read_of_a != read_of_b || !std::ranges::equal(base::ByteView{chunk_of_a}.first(read_of_a),
                                                          base::ByteView{chunk_of_b}.first(read_of_b)))
            return false;
        if (read_of_a < chunk_bytes)
            return true;
    }
}

// How far a copy is a beginning of a database: what of the log it has.
struct Beginning {
    bool is_one = false;
    std::unique_ptr<File> log;        // of the database; null when there is none
    std::optional<LogWalker> walker;  // over it, where its header is whole
    std::uint64_t end = 0;            // of what the copy has of it
};

// A log that was emptied begins with another header than before, so a copy without a log is told by the database file.
Result<Beginning> beginning_of(Directory &directory, Directory &copy) {
    Beginning found;
    MOS_TRY(const bool same_database, same_size(directory, copy, database_name));
    MOS_TRY(found.log, open_if_there(directory, log_name));
    MOS_TRY(const auto copied, open_if_there(copy, log_name));
    if (!same_database || copied == nullptr)
        return found;
    if (found.log != nullptr) {
        MOS_TRY(auto walker, LogWalker::begin(*found.log));
        if (walker)
            found.walker.emplace(std::move(*walker));
    }
    MOS_TRY(const base::FileStatus status, copied->status());
    if (status.size == 0) {
        MOS_TRY(found.is_one, same_content(directory, copy, database_name));
    } else if (found.walker) {
        MOS_TRY(const auto end, end_of_copy(*found.walker, *found.log, *copied));
        found.is_one = end.has_value();
        found.end = end.value_or(0);
    }
    return found;
}

// Appends what is new to the copy's log; false when the copy must be made anew.
Result<bool> try_to_append(Directory &directory, Directory &copy) {
    MOS_TRY(Beginning beginning, beginning_of(directory, copy));
    if (!beginning.is_one || !beginning.walker)
        return beginning.is_one;
    MOS_TRY(const auto copied, copy.open_file(log_name, OpenMode::write));
    if (beginning.end == 0)
        MOS_CHECK(copied->write_at(0, beginning.walker->header()));
    if (beginning.end > log_header_bytes)
        MOS_CHECK(beginning.walker->go_to(beginning.end));
    MOS_CHECK(append_frames(*beginning.walker, *copied));
    return true;
}

Result<void> copy_content(File &from, File &to) {
    base::Bytes chunk(chunk_bytes);
    for (std::uint64_t offset = 0;; offset += chunk.size()) {
        MOS_TRY(const std::size_t count, from.read_at(offset, chunk));
        MOS_CHECK(to.write_at(offset, base::ByteView{chunk}.first(count)));
        if (count < chunk.size())
            return {};
    }
}

Result<void> copy_log(Directory &directory, File &to) {
    MOS_TRY(const auto log, open_if_there(directory, log_name));
    if (log == nullptr)
        return {};
    MOS_TRY(auto walker, LogWalker::begin(*log));
    if (!walker)
        return {};
    MOS_CHECK(to.write_at(0, walker->header()));
    return append_frames(*walker, to);
}

Result<void> make_new_copy(Directory &directory, Directory &copies) {
    MOS_TRY(const auto sync_point, copies.open_sync_point());
    MOS_CHECK(prepare_copy(directory, copies, CopiedLog::whole));
    MOS_CHECK(sync_point->flush());
    return take_prepared_copy(copies);
}

constexpr std::array<const char *, 2> names = {database_name, log_name};

std::string aside_name(const char *name) { return std::string{name} + ".damaged"; }

// What a restoration that was cut short had put there goes; what it had moved aside is what matters.
Result<void> move_aside(Directory &directory, const char *name) {
    MOS_TRY(const auto there, directory.find(name));
    if (!there)
        return {};
    MOS_TRY(const auto kept, directory.find(aside_name(name)));
    if (kept)
        return directory.remove_file(name);
    return directory.rename(name, directory, aside_name(name), base::RenameMode::keep_existing);
}

// After a cut the file is there in full or not at all.
Result<void> put_file(Directory &from, Directory &to, const char *name) {
    const std::string temporary = std::string{name} + ".new";
    MOS_CHECK(base::remove_tree(to, temporary));
    MOS_TRY(const auto source, from.open_file(name, OpenMode::read));
    MOS_TRY(const auto target, to.open_file(temporary, OpenMode::create_new));
    MOS_CHECK(copy_content(*source, *target));
    MOS_CHECK(target->flush());
    MOS_CHECK(to.rename(temporary, to, name, base::RenameMode::replace));
    return to.flush();
}

}  // namespace

Result<void> check_pages(Directory &directory) {
    MOS_TRY(const auto file, open_if_there(directory, database_name));
    if (file == nullptr)
        return {};
    MOS_CHECK(check_beginning(directory, *file));
    MOS_TRY(const auto page_bytes, checked_page_bytes(*file));
    if (!page_bytes)
        return {};
    MOS_TRY(const PageCheck check, check_each_page(*file, *page_bytes));
    if (check.failed.empty() && check.pages >= check.pages_by_header)
        return {};
    // A checkpoint that was cut short leaves pages that are not as they were written; the log still has them all.
    MOS_TRY(const Superseded log, superseded_by_log(directory));
    for (const std::uint64_t number : check.failed) {
        if (!log.pages.contains(number))
            return damaged_page(number);
    }
    for (std::uint64_t number = check.pages + 1; number <= log.page_count.value_or(check.pages_by_header); ++number) {
        if (!log.pages.contains(number) && number != unused_byte / *page_bytes + 1)
            return Error{Code::DATABASE_DAMAGED, fmt::format("page {} of 'state.db' is missing", number)};
    }
    return {};
}

Result<bool> log_is_whole(Directory &directory) {
    MOS_TRY(const auto log, open_if_there(directory, log_name));
    if (log == nullptr)
        return true;
    MOS_TRY(const base::FileStatus status, log->status());
    MOS_TRY(auto walker, LogWalker::begin(*log));
    while (walker) {
        MOS_TRY(const auto frame, walker->next());
        if (!frame)
            return walker->committed() == status.size;
    }
    return status.size == 0;
}

Result<bool> includes(Directory &directory, Directory &copy) {
    MOS_TRY(const Beginning beginning, beginning_of(directory, copy));
    return beginning.is_one;
}

Result<void> prepare_copy(Directory &directory, Directory &copies, CopiedLog log) {
    MOS_CHECK(check_pages(directory));  // a damaged database must not replace a good copy
    MOS_CHECK(base::remove_tree(copies, new_copy_name));
    MOS_CHECK(copies.make_directory(new_copy_name, 0700));
    MOS_TRY(const auto copy, copies.open_directory(new_copy_name, base::Symlinks::refuse));
    MOS_TRY(const auto database, directory.open_file(database_name, OpenMode::read));
    MOS_TRY(const auto new_database, copy->open_file(database_name, OpenMode::create_new));
    MOS_CHECK(copy_content(*database, *new_database));
    MOS_TRY(const auto new_log, copy->open_file(log_name, OpenMode::create_new));
    return log == CopiedLog::whole ? copy_log(directory, *new_log) : Result<void>{};
}

Result<void> take_prepared_copy(Directory &copies) {
    MOS_TRY(const auto there, copies.find(copy_name));
    if (!there)
        return copies.rename(new_copy_name, copies, copy_name, base::RenameMode::keep_existing);
    MOS_CHECK(copies.rename(new_copy_name, copies, copy_name, base::RenameMode::exchange));
    MOS_CHECK(copies.flush());  // else a cut could bring the old one back without what is removed now
    return base::remove_tree(copies, new_copy_name);
}

Result<CopyStep> update_copy(Directory &directory, Directory &copies) {
    MOS_CHECK(base::remove_tree(copies, new_copy_name));  // left by a cut
    MOS_TRY(const auto there, copies.find(copy_name));
    if (there && there->type == base::FileType::directory) {
        MOS_TRY(const auto copy, copies.open_directory(copy_name, base::Symlinks::refuse));
        MOS_TRY(const bool appended, try_to_append(directory, *copy));
        if (appended)
            return CopyStep::appended;
    }
    MOS_CHECK(make_new_copy(directory, copies));
    return CopyStep::made_anew;
}

Result<void> renew_copy(Directory &directory, Directory &copies) { return make_new_copy(directory, copies); }

Result<void> forget_damaged(Directory &directory) {
    for (const char *name : names)
        MOS_CHECK(base::remove_tree(directory, aside_name(name)));
    return {};
}

// The database goes first and comes last: whatever a cut leaves in between is a folder without it, and is restored
// again. Its log must not meet another database file.
Result<void> restore_copy(Directory &copy, Directory &directory) {
    MOS_TRY(const auto alone, lock_database(directory, database_name, base::LockMode::exclusive, usual_patience));
    MOS_CHECK(move_aside(directory, database_name));
    MOS_CHECK(directory.flush());
    MOS_CHECK(move_aside(directory, log_name));
    MOS_TRY(const auto log, copy.find(log_name));
    if (log)
        MOS_CHECK(put_file(copy, directory, log_name));
    return put_file(copy, directory, database_name);
}

}  // namespace mos::state
