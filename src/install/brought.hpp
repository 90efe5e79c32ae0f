// What a package brings besides the entries of content/files: the folders that it implies, what its templates make, the
// scripts that are kept for later, and what its scripts write. Worked out once for a plan and held in memory, bounded.
#pragma once

#include <mos/install/plan.hpp>
#include <mos/package/script.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::install {

inline constexpr std::size_t max_implied_folders = 65'536;  // as many as a package may leave out
inline constexpr std::uint64_t max_script_bytes = 1U << 20U;
inline constexpr std::size_t max_extras = 4096;  // templates, kept scripts and outputs of a package
inline constexpr std::size_t max_units = 256;
inline constexpr std::uint64_t max_template_total_bytes = 16U << 20U;  // of all that a package's templates make

// Where an installed package's scripts are kept, beneath the root: nobody but the engine writes there.
inline constexpr std::string_view kept_scripts_path = "var/lib/multios/packages";

inline constexpr std::uint32_t script_mode = 0700;

struct Extra {
    std::string path;  // beneath the root
    state::FileRole role = state::FileRole::content;
    package::Entry entry;  // as if the package had it so: attributes, size, digest
    std::string content;
};

struct PackageScript {
    package::ScriptKind kind = package::ScriptKind::pre_install;
    std::string content;
};

struct Brought {
    package::Manifest manifest;
    std::string prefix;                        // below which content/files and content/configs are put; "" for the root
    std::vector<Extra> extras;                 // by path
    std::vector<std::string> implied_folders;  // sorted
    std::vector<PackageScript> scripts;        // by kind
    std::vector<std::string> units;            // of a service, sorted
    bool has_health_check = false;             // comes with a program that is asked about the system's health
    std::string template_values;               // JSON, what its templates were filled with; "" without templates
};

// `installed` is what the package replaces: its folder and values are taken where the options give none. NOT_BUILT,
// FORMAT (a script that nobody would call, two entries for one path), LIMIT, INVALID_ARGUMENT (a folder for a package
// that does not allow one), TEMPLATE_VALUE_MISSING, and what reading a package can say.
[[nodiscard]] Result<Brought> find_brought(package::Package &package, const InstallOptions &options,
                                           const std::optional<state::InstalledPackage> &installed);

// "w.service" for "usr/lib/systemd/system/w.service"; nothing for what is no service's unit, or one of many instances.
[[nodiscard]] std::optional<std::string_view> unit_of_path(std::string_view path) noexcept;

}  // namespace mos::install
