// What a stage keeps for hooks: copies of what they will write, the files that they need, and room for the way back.
#include <mos/transaction/stage.hpp>

#include <mos/base/path.hpp>

#include <fmt/format.h>

namespace mos::transaction {

using base::FileStatus;
using base::FileType;
using state::Attributes;
using state::OperationKind;

namespace {

constexpr std::size_t copy_bytes = 256U << 10U;
constexpr const char *reserve_name = "reserve";
constexpr std::uint64_t least_reserve_bytes = 1U << 20U;
constexpr std::uint64_t reserve_bytes_an_operation = 512;

}  // namespace

// Gives the file `slot` of the stage the content and attributes of what stands at `name`.
static Result<void> copy_entry(base::Directory &from, std::string_view name, const FileStatus &status,
                               base::Directory &stage, const std::string &slot) {
    MOS_TRY(const Attributes attributes, read_attributes(from, name, status));
    if (status.type == FileType::symlink) {
        MOS_TRY(const std::string target, from.read_symlink(name));
        MOS_CHECK(stage.make_symlink(slot, target));
    } else {
        MOS_TRY(const auto source, from.open_file(name, base::OpenMode::read));
        MOS_TRY(const auto copy, stage.open_file(slot, base::OpenMode::create_new));
        base::Bytes buffer(copy_bytes);
        for (std::uint64_t offset = 0;;) {
            MOS_TRY(const std::size_t count, source->read_at(offset, buffer));
            if (count == 0)
                break;
            MOS_CHECK(copy->write_at(offset, base::ByteView{buffer}.first(count)));
            offset += count;
        }
    }
    return apply_attributes(stage, slot, status.type, attributes);
}

Result<void> Stage::put_output(std::string_view path) {
    MOS_CHECK(leave_frames(path));
    if (cover_of(path) != nullptr)
        return {};  // comes and goes with the new directory
    MOS_TRY(const Place place, m_preflight->look(path));
    const std::optional<FileStatus> &there = place.there;
    if (there && there->type != FileType::regular && there->type != FileType::symlink)
        return Error{Code::CONFLICT, fmt::format("{} is a {}, and a script is to write a file there",
                                                 base::in_quotes(path), base::file_type_name(there->type))}
            .about(std::string{path});
    MOS_CHECK(m_preflight->check(path, place, Touch::arrive));
    MOS_CHECK(begin_on(place.volume));
    const std::uint64_t slot = m_next_slot++;
    const Target kept{
        .in_tree = false, .slot = slot, .volume = place.volume, .location = number_name(slot), .there = there};
    Newcomer copy;
    if (there) {
        MOS_TRY(base::Directory *const parent, m_preflight->directory_of(path));
        MOS_TRY(base::Directory *const stage, directory_in(kept.volume, {}));
        MOS_CHECK(copy_entry(*parent, base::split_path(path).name, *there, *stage, kept.location));
        MOS_TRY(const auto staged, stage->find(kept.location));
        if (!staged)
            return Error{Code::INTERNAL, fmt::format("{} vanished from the stage", base::in_quotes(path))}.about(
                std::string{path});
        copy.witness = witness_of(*staged);
    }
    return append(OperationKind::output, path, kept, copy);
}

Result<void> Stage::put_aside(std::string_view folder, std::string_view name, base::ByteView content,
                              std::uint32_t mode) {
    MOS_TRY(const auto opened, base::make_directories(m_staged.directory(), folder));
    MOS_TRY(const auto file, opened->open_file(name, base::OpenMode::create_new));
    MOS_CHECK(file->write_at(0, content));
    return file->set_mode(mode);
}

Result<void> Stage::reserve_room() {
    // To turn round rewrites the row of each operation, and SQLite's log has whole pages.
    const std::uint64_t bytes = least_reserve_bytes + m_plan->count() * reserve_bytes_an_operation;
    MOS_TRY(const auto file, m_staged.directory().open_file(reserve_name, base::OpenMode::create_new));
    // No hole, and nothing that compresses to nothing: btrfs may do that.
    base::Bytes block(copy_bytes);
    std::uint64_t mixed = bytes;
    for (std::byte &byte : block) {
        mixed = mixed * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX generator
        byte = static_cast<std::byte>(mixed >> 56U);
    }
    for (std::uint64_t offset = 0; offset < bytes; offset += block.size())
        MOS_CHECK(file->write_at(offset, block));
    return {};
}

void release_reserve(base::Directory &stage) {
    const Result<void> removed = stage.remove_file(reserve_name);
    static_cast<void>(removed);  // there is none, or the room is missed where it is needed
}

}  // namespace mos::transaction
