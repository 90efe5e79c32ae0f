#include <mos/transaction/site.hpp>

#include <mos/base/path.hpp>
#include <mos/state/transactions.hpp>

#include <fmt/format.h>

#include <charconv>

namespace mos::transaction {

Result<std::unique_ptr<base::Directory>> open_stages(base::Directory &root) {
    MOS_TRY(const auto there, root.find(stages_name));
    if (!there)
        MOS_CHECK(root.make_directory(stages_name, 0700));
    else if (there->type != base::FileType::directory)
        return Error{Code::CONFLICT, fmt::format("'{}' is a {}, the stages' folder is needed there", stages_name,
                                                 base::file_type_name(there->type))}
            .about(stages_name);
    else if (there->mode != 0700)
        MOS_CHECK(root.set_mode(stages_name, 0700));
    return root.open_directory(stages_name, base::Symlinks::refuse);
}

Result<std::unique_ptr<base::Directory>> open_stages_on(base::Directory &root, const std::string &volume) {
    const base::SplitPath split = base::split_path(volume);
    MOS_TRY(const auto above, root.open_directory(split.parent, base::Symlinks::refuse));
    MOS_TRY(const auto before, above->find(split.name));
    MOS_TRY(const auto top, above->open_directory(split.name, base::Symlinks::refuse));
    MOS_TRY(const auto there, top->find(stages_name));
    MOS_TRY(auto stages, open_stages(*top));
    if (!there && before)
        MOS_CHECK(above->set_modified(split.name, before->modified));
    return stages;
}

Result<void> check_none_unfinished(state::Database &database) {
    MOS_TRY(const auto unfinished, state::Transactions{database}.unfinished());
    if (!unfinished)
        return {};
    return Error{Code::RECOVERY_FAILED, fmt::format("transaction {} ({}) is unfinished and must be recovered first",
                                                    unfinished->id, unfinished->summary)};
}

std::string number_name(std::uint64_t number) { return std::to_string(number); }

std::optional<std::uint64_t> stage_number(const base::DirectoryEntry &entry) {
    std::uint64_t id = 0;
    const char *const end = entry.name.data() + entry.name.size();
    const auto [stopped, problem] = std::from_chars(entry.name.data(), end, id);
    if (entry.type != base::FileType::directory || problem != std::errc{} || stopped != end ||
        number_name(id) != entry.name)
        return std::nullopt;
    return id;
}

}  // namespace mos::transaction
