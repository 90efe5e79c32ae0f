#include "plan_options.hpp"

#include "guard.hpp"

#include <mos/config/values.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mos::capi {

namespace {

// The file's values as JSON.
Result<std::string> read_values_file(const std::string &path) {
    MOS_TRY(const config::Format format, config::format_of(path));
    MOS_TRY(const auto source, base::open_file_source(path));
    MOS_TRY(const std::uint64_t size, source->size());
    if (size > config::max_values_bytes)
        return Error{Code::LIMIT, fmt::format("{} has {} bytes, at most {} are allowed", base::in_quotes(path), size,
                                              config::max_values_bytes)}
            .about(path);
    base::Bytes bytes(static_cast<std::size_t>(size));
    MOS_CHECK(base::read_exactly(*source, 0, bytes));
    MOS_TRY(const base::JsonTree values, config::read_values(base::as_text(bytes), format, path));
    return values->dump();
}

}  // namespace

Result<install::InstallOptions> install_options(const mos_install_options *options) {
    MOS_TRY(const mos_install_options given, read_options(options));
    if (given.on_conflict < MOS_CONFLICT_REFUSE || given.on_conflict > MOS_CONFLICT_REPLACE)
        return Error{Code::INVALID_ARGUMENT, "on_conflict is no mos_conflict_rule"};
    if (given.on_config < MOS_CONFIG_KEEP || given.on_config > MOS_CONFIG_PRESERVE)
        return Error{Code::INVALID_ARGUMENT, "on_config is no mos_config_rule"};
    using namespace install;
    InstallOptions read{.on_conflict = static_cast<ConflictRule>(given.on_conflict),
                        .downgrade = given.allow_downgrade ? Downgrade::allowed : Downgrade::refused,
                        .reinstall = given.reinstall ? Reinstall::allowed : Reinstall::refused,
                        .on_config = static_cast<ConfigRule>(given.on_config),
                        .prefix = {},
                        .values = {}};
    read.delta_memory = given.delta_memory;
    read.reuse = given.reuse_installed ? Reuse::installed : Reuse::nothing;
    if (given.target_directory != nullptr)
        read.prefix = given.target_directory;
    if (given.config_path != nullptr) {
        MOS_TRY(read.values, read_values_file(given.config_path));
        read.values_name = given.config_path;
    }
    return read;
}

}  // namespace mos::capi
