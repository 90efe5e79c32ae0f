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

std::string RootBase::place_of(std::string_view path_in_package) const {
    return base::join_path(m_prefix, path_in_package.substr(package::section_prefix(package::Section::files).size()));
}

Result<void> RootBase::check(const package::BaseFile &file) {
    MOS_TRY(const auto source, open(package::line_of(file)));
    MOS_TRY(const delta::Expected found, delta::measure(*source));
    if (found.size == file.size && found.digest == file.sha256)
        return {};
    return differs(place_of(file.path), altered);
}

Result<std::unique_ptr<base::Source>> RootBase::open(const package::BaseLine &line) {
    const std::string path = place_of(line.path);
    auto found = m_present.find(path);
    if (!found && base::is_system_failure(found.error()))
        return std::move(found).error();
    if (!found)
        return differs(path, "can't be reached").caused_by(std::move(found).error());
    const std::optional<base::FileStatus> &there = *found;
    if (!there)
        return differs(path, "is missing");
    if (there->type != base::FileType::regular || there->size != line.size)
        return differs(path, altered);
    MOS_TRY(base::Directory *const parent, m_present.parent_of(path));
    MOS_TRY(auto opened, parent->open_file(base::split_path(path).name, base::OpenMode::read));
    return base::make_source(std::move(opened), path);
}

Result<package::BaseFile> as_installed(state::Packages &packages, std::uint64_t id, const RootBase &base,
                                       const package::BaseLine &line) {
    const std::string path = base.place_of(line.path);
    MOS_TRY(const auto row, packages.find_file(id, path));
    const bool is_of_package = row && row->type == base::FileType::regular &&
                               (row->role == state::FileRole::content || row->role == state::FileRole::configuration);
    if (!is_of_package)
        return differs(path, "was not installed with the release that the delta package leads from");
    if (row->size != line.size)
        return differs(path, "had another size when it was installed than the delta package says");
    return package::BaseFile{.path = line.path, .size = line.size, .sha256 = row->digest};
}

}  // namespace mos::install
