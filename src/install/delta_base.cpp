#include "delta_base.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

namespace mos::install {

namespace {

constexpr std::string_view altered = "was altered since it was installed";

Error differs(const std::string &path, std::string_view what) {
    return Error{Code::BASE_DIFFERS, fmt::format("{} {}", base::in_quotes(path), what)}.about(path);
}

}  // namespace

std::string RootBase::path_of(const package::BaseFile &file) const {
    const std::string_view in_package =
        std::string_view{file.path}.substr(package::section_prefix(package::Section::files).size());
    return base::join_path(m_prefix, in_package);
}

Result<void> RootBase::check(const package::BaseFile &file) {
    MOS_TRY(const auto source, open(file));
    MOS_TRY(const delta::Expected found, delta::measure(*source));
    if (found.size == file.size && found.digest == file.sha256)
        return {};
    return differs(path_of(file), altered);
}

Result<std::unique_ptr<base::Source>> RootBase::open(const package::BaseFile &file) {
    const std::string path = path_of(file);
    auto found = m_present.find(path);
    if (!found && base::is_system_failure(found.error()))
        return std::move(found).error();
    if (!found)
        return differs(path, "can't be reached").caused_by(std::move(found).error());
    const std::optional<base::FileStatus> &there = *found;
    if (!there)
        return differs(path, "is missing");
    if (there->type != base::FileType::regular || there->size != file.size)
        return differs(path, altered);
    MOS_TRY(base::Directory *const parent, m_present.parent_of(path));
    MOS_TRY(auto opened, parent->open_file(base::split_path(path).name, base::OpenMode::read));
    return base::make_source(std::move(opened), path);
}

}  // namespace mos::install
