#include <mos/transaction/stage.hpp>

#include <algorithm>

namespace mos::transaction {

// Those that a package carries. Labels and access control lists belong to the system's own policy.
static bool is_managed(const base::ExtendedAttribute &attribute) {
    return attribute.name.starts_with("user.") || attribute.name == "security.capability";
}

static Result<base::ExtendedAttributes> managed_attributes(base::Directory &directory, std::string_view name) {
    MOS_TRY(base::ExtendedAttributes extended, directory.extended_attributes(name));
    std::erase_if(extended, [](const base::ExtendedAttribute &attribute) { return !is_managed(attribute); });
    return extended;
}

Result<state::Attributes> read_attributes(base::Directory &directory, std::string_view name,
                                          const base::FileStatus &status) {
    MOS_TRY(base::ExtendedAttributes extended, managed_attributes(directory, name));
    return state::Attributes{.mode = status.mode,
                             .owner = status.owner,
                             .group = status.group,
                             .modified = status.modified,
                             .extended = std::move(extended)};
}

static Result<void> apply_extended_attributes(base::Directory &directory, std::string_view name,
                                              const base::ExtendedAttributes &wanted) {
    MOS_TRY(const base::ExtendedAttributes present, managed_attributes(directory, name));
    for (const base::ExtendedAttribute &attribute : wanted) {
        if (std::find(present.begin(), present.end(), attribute) == present.end())
            MOS_CHECK(directory.set_extended_attribute(name, attribute));
    }
    for (const base::ExtendedAttribute &attribute : present) {
        const bool kept = std::any_of(wanted.begin(), wanted.end(), [&](const base::ExtendedAttribute &other) {
            return other.name == attribute.name;
        });
        if (!kept)
            MOS_CHECK(directory.remove_extended_attribute(name, attribute.name));
    }
    return {};
}

Result<void> apply_attributes(base::Directory &directory, std::string_view name, base::FileType type,
                              const state::Attributes &attributes) {
    // The owner first: changing it clears setuid bits and capabilities. The times last: everything else changes them.
    MOS_CHECK(directory.set_owner(name, attributes.owner, attributes.group));
    if (type != base::FileType::symlink)
        MOS_CHECK(directory.set_mode(name, attributes.mode));
    MOS_CHECK(apply_extended_attributes(directory, name, attributes.extended));
    return directory.set_modified(name, attributes.modified);
}

}  // namespace mos::transaction
