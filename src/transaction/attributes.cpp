#include <mos/transaction/stage.hpp>

#include <algorithm>
#include <iterator>

namespace mos::transaction {

AccessLists lists_of(const state::Attributes &attributes) noexcept {
    return attributes.access_lists ? AccessLists::told : AccessLists::left;
}

bool is_access_list(const base::ExtendedAttribute &attribute) noexcept {
    return attribute.name == "system.posix_acl_access" || attribute.name == "system.posix_acl_default";
}

// Those that a package carries.
static bool is_managed(const base::ExtendedAttribute &attribute) {
    return attribute.name.starts_with("user.") || attribute.name == "security.capability";
}

static Result<base::ExtendedAttributes> managed_attributes(base::Directory &directory, std::string_view name,
                                                           AccessLists lists) {
    MOS_TRY(base::ExtendedAttributes extended, directory.extended_attributes(name));
    std::erase_if(extended, [lists](const base::ExtendedAttribute &attribute) {
        return !is_managed(attribute) && (lists == AccessLists::left || !is_access_list(attribute));
    });
    return extended;
}

Result<state::Attributes> read_attributes(base::Directory &directory, std::string_view name,
                                          const base::FileStatus &status, AccessLists lists) {
    MOS_TRY(base::ExtendedAttributes extended, managed_attributes(directory, name, lists));
    return state::Attributes{.mode = status.mode,
                             .owner = status.owner,
                             .group = status.group,
                             .modified = status.modified,
                             .extended = std::move(extended),
                             .access_lists = lists == AccessLists::told};
}

static Result<void> apply_extended_attributes(base::Directory &directory, std::string_view name,
                                              const base::ExtendedAttributes &present,
                                              const base::ExtendedAttributes &wanted) {
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

// Takes the access control lists out.
static base::ExtendedAttributes take_access_lists(base::ExtendedAttributes &attributes) {
    base::ExtendedAttributes lists;
    std::copy_if(attributes.begin(), attributes.end(), std::back_inserter(lists), is_access_list);
    std::erase_if(attributes, is_access_list);
    return lists;
}

Result<void> apply_attributes(base::Directory &directory, std::string_view name, base::FileType type,
                              const state::Attributes &attributes) {
    // The owner first: changing it clears setuid bits and capabilities. The times last: everything else changes them.
    // The lists before the mode: a list has all of its bits but set-id and sticky, while a mode that is given to what
    // has another list changes that list, and a cut in between would leave one that nobody ever wanted.
    MOS_CHECK(directory.set_owner(name, attributes.owner, attributes.group));
    MOS_TRY(base::ExtendedAttributes present, managed_attributes(directory, name, lists_of(attributes)));
    base::ExtendedAttributes wanted = attributes.extended;
    if (type != base::FileType::symlink) {
        const base::ExtendedAttributes lists = take_access_lists(present);
        MOS_CHECK(apply_extended_attributes(directory, name, lists, take_access_lists(wanted)));
        MOS_CHECK(directory.set_mode(name, attributes.mode));
    }
    MOS_CHECK(apply_extended_attributes(directory, name, present, wanted));
    return directory.set_modified(name, attributes.modified);
}

}  // namespace mos::transaction
