// Configuration files: what the package shipped before, what it ships now, and yours.
#include "walker.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

namespace mos::install {

using base::FileStatus;
using state::FileRole;
using state::InstalledFile;

namespace {

constexpr std::string_view beside_suffix = ".new";

std::string beside_path(std::string_view path) { return fmt::format("{}{}", path, beside_suffix); }

}  // namespace

// Something of yours stands there, installed before or not, and no directory.
Result<void> Walker::visit_configuration(const WantedEntry &wanted, const FileStatus &there) {
    const auto has = [&](std::uint64_t size, const crypto::Sha256Digest &digest) {
        return m_present.has_content(wanted.path, there, base::FileType::regular, size, digest, {});
    };
    const bool is_known = !m_old.empty() && m_old.front().type == base::FileType::regular;
    const InstalledFile *const before = is_known ? &installed_for(wanted) : nullptr;
    const bool changed_by_package =
        before == nullptr || before->size != wanted.entry->size || before->digest != wanted.entry->sha256;
    MOS_TRY(const bool is_new, has(wanted.entry->size, wanted.entry->sha256));
    if (is_new && there.links == 1) {  // somebody was faster, or nothing changes but perhaps its attributes
        const WantedEntry kept = with_your_mode(wanted, before, there);
        return before == nullptr ? visit_unowned(kept, there) : visit_own(kept, there);
    }

    bool altered = before == nullptr;
    if (before != nullptr) {
        MOS_TRY(const bool as_shipped, has(before->size, before->digest));
        altered = !as_shipped;
    }
    if (!changed_by_package || is_new)
        return altered ? keep_unchanged(wanted) : give(ChangeKind::unchanged, wanted);
    if (!altered && options_of(wanted).on_config != ConfigRule::preserve)
        return give(ChangeKind::replace, with_your_mode(wanted, before, there));
    return settle_configuration(wanted, before == nullptr ? "was there before the package"
                                        : altered         ? "was changed by hand"
                                                          : "is to be preserved");
}

// The package has nothing new to say. What was put beside yours before, and is not merged yet, stays there.
Result<void> Walker::keep_unchanged(const WantedEntry &wanted) {
    const std::string beside = beside_path(wanted.path);
    MOS_TRY(const auto row, m_packages.find_file(m_resolution.steps[wanted.step].old_package, beside));
    MOS_TRY(const auto there, m_present.find(beside));
    if (there && row && row->role == FileRole::beside)
        static_cast<void>(put_beside(wanted));  // it had room for the name before
    return give(ChangeKind::keep, wanted, altered_and_kept);
}

// Mode and owner that somebody gave it stay his; of one that was not the package's before, all.
WantedEntry Walker::with_your_mode(const WantedEntry &wanted, const InstalledFile *before, const FileStatus &there) {
    WantedEntry kept = wanted;
    if (there.type != base::FileType::regular)
        return kept;
    if (before == nullptr || there.mode != before->attributes.mode)
        kept.attributes.mode = there.mode;
    if (before == nullptr || there.owner != before->attributes.owner || there.group != before->attributes.group) {
        kept.attributes.owner = there.owner;
        kept.attributes.group = there.group;
    }
    return kept;
}

Result<void> Walker::settle_configuration(const WantedEntry &wanted, std::string_view why) {
    switch (options_of(wanted).on_config) {
    case ConfigRule::replace:
        return give(ChangeKind::replace, wanted, fmt::format("{}; it goes into the recovery point", why));
    case ConfigRule::ask:
        static_cast<void>(put_beside(wanted));
        return give(ChangeKind::ask, wanted, fmt::format("{}, and the package has a new version of it", why));
    default:
        break;
    }
    return give(ChangeKind::keep, wanted, fmt::format("{}, and is kept; {}", why, put_beside(wanted)));
}

// You have taken it away: that is a choice too.
Result<void> Walker::visit_deleted_configuration(const WantedEntry &wanted) {
    const InstalledFile &before = installed_for(wanted);
    const InstallOptions &options = options_of(wanted);
    if (options.on_config == ConfigRule::replace || options.reinstall == Reinstall::allowed)
        return give(ChangeKind::add, wanted);
    if (before.size == wanted.entry->size && before.digest == wanted.entry->sha256)
        return give(ChangeKind::keep, wanted, "was deleted by hand, and stays away");
    MOS_TRY(const bool has_folder, m_present.has_folder(wanted.path));
    if (!has_folder)
        return give(ChangeKind::keep, wanted, "was deleted by hand with its folder, and stays away");
    return give(ChangeKind::keep, wanted, fmt::format("was deleted by hand, and stays away; {}", put_beside(wanted)));
}

// Says, for a note, what becomes of the package's version.
std::string Walker::put_beside(const WantedEntry &wanted) {
    const std::string path = beside_path(wanted.path);
    if (path.size() > base::max_path_bytes || base::split_path(path).name.size() > base::max_component_bytes)
        return "the package's version can't be put beside it, for its name would be too long";
    const auto place = m_besides.try_emplace(path).first;
    Beside &beside = place->second;
    beside.of = wanted.path;
    beside.entry = *wanted.entry;
    beside.wanted = wanted;
    beside.wanted.path = place->first;
    beside.wanted.entry = &beside.entry;
    if (wanted.content != nullptr) {
        beside.content = *wanted.content;
        beside.wanted.content = &beside.content;
    }
    beside.wanted.role = FileRole::beside;
    beside.wanted.beside_of = beside.of;
    return fmt::format("the package's version is put beside it as {}", base::in_quotes(path));
}

Result<void> Walker::visit_beside(const WantedEntry &wanted, const std::optional<FileStatus> &there) {
    if (!there)
        return give(ChangeKind::add, wanted);
    const bool is_ours = !m_old.empty() && m_old.front().role == FileRole::beside;
    if (is_ours) {
        const InstalledFile &before = m_old.front();
        MOS_TRY(const bool untouched,
                m_present.has_content(wanted.path, *there, base::FileType::regular, before.size, before.digest, {}));
        if (untouched)
            return give(ChangeKind::replace, wanted);
    }
    return give(ChangeKind::leave_out, wanted,
                fmt::format("is somebody's, so the package's version of {} is not put there",
                            base::in_quotes(wanted.beside_of)));
}

// A script writes there, when everything is in place.
Result<void> Walker::visit_output(const WantedEntry &wanted, const std::optional<FileStatus> &there) {
    MOS_TRY(const auto owners, m_packages.owners(wanted.path));
    for (const state::Packages::Owner &owner : owners) {
        if (owner.file.role != FileRole::output && !is_leaving(owner.file.package))
            return Error{Code::CONFLICT,
                         fmt::format("a script of '{}' is to write {}, which belongs to the installed package '{}'",
                                     name_of(wanted), base::in_quotes(wanted.path), owner.package)}
                .about(std::string{wanted.path});
    }
    if (cover_of(wanted.path) != nullptr)
        return give(ChangeKind::unchanged, wanted);  // comes and goes with its folder
    MOS_TRY(const bool has_folder, m_present.has_folder(wanted.path));
    if (!has_folder)
        return Error{Code::NOT_FOUND,
                     fmt::format("a script of '{}' is to write {}, whose folder is not there and is not in the package",
                                 name_of(wanted), base::in_quotes(wanted.path))}
            .about(std::string{wanted.path});
    if (there && there->type != base::FileType::regular && there->type != base::FileType::symlink)
        return Error{Code::CONFLICT,
                     fmt::format("a script of '{}' is to write a file at {}, and a {} is there", name_of(wanted),
                                 base::in_quotes(wanted.path), base::file_type_name(there->type))}
            .about(std::string{wanted.path});
    // What was there before any package wrote it stays nobody's.
    const bool is_foreign = there && owners.empty() && m_old.empty();
    return give(is_foreign ? ChangeKind::foreign_output : ChangeKind::output, wanted);
}

}  // namespace mos::install
