#include "delta_base.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

namespace mos::install {

namespace {

Error differs(const std::string &path, std::string_view what) {
    return Error{Code::BASE_DIFFERS, fmt::format("{} {}", base::in_quotes(path), what)}.about(path);
}

}  // namespace

Result<std::unique_ptr<base::Source>> RootBase::open(const package::BaseFile &file) {
    const std::string_view in_package =
        std::string_view{file.path}.substr(package::section_prefix(package::Section::files).size());
    const std::string path = base::join_path(m_prefix, in_package);
    auto found = m_present.find(path);
    if (!found && base::is_system_failure(found.error()))
        return std::move(found).error();
    if (!found)
        return differs(path, "can't be reached").caused_by(std::move(found).error());
    const std::optional<base::FileStatus> &there = *found;
    if (!there)
        return differs(path, "is missing");
    if (there->type != base::FileType::regular || there->size != file.size)
        return differs(path, "was altered since it was installed");
    MOS_TRY(base::Directory *const parent, m_present.parent_of(path));
    MOS_TRY(auto opened, parent->open_file(base::split_path(path).name, base::OpenMode::read));
    return base::make_source(std::move(opened), path);
}

}  // namespace mos::install
