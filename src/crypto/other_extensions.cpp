#include "other_extensions.hpp"

#include "general_name.hpp"
#include "oids.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::crypto {

using base::ByteView;
using der::Tag;

namespace {

// Authority and subject information access (sections 4.2.2.1 and 4.2.2.2): methods and where.
Result<void> check_access(der::Reader list) {
    while (!list.at_end()) {
        MOS_TRY(der::Reader description, list.enter(Tag::sequence));
        MOS_TRY([[maybe_unused]] const ByteView method, description.object_identifier());
        MOS_TRY(const der::Element location, description.next());
        MOS_CHECK(description.expect_end());
        MOS_CHECK(read_general_name(location.whole));
    }
    return {};
}

// Certificate policies (section 4.2.1.4): none twice.
Result<void> check_policies(der::Reader list) {
    std::vector<std::string_view> seen;
    while (!list.at_end()) {
        MOS_TRY(der::Reader information, list.enter(Tag::sequence));
        MOS_TRY(const ByteView policy, information.object_identifier());
        if (!information.at_end()) {
            MOS_TRY(const der::Reader qualifiers, information.enter(Tag::sequence));
            if (qualifiers.at_end())
                return Error{Code::FORMAT, "the qualifiers of a policy are empty instead of absent"};
        }
        MOS_CHECK(information.expect_end());
        seen.push_back(base::as_text(policy));
    }
    std::sort(seen.begin(), seen.end());
    if (std::adjacent_find(seen.begin(), seen.end()) != seen.end())
        return Error{Code::FORMAT, "a policy stands twice"};
    return {};
}

// Where revocation lists are (section 4.2.1.13): sequences, whose content is for who fetches them.
Result<void> check_distribution_points(der::Reader list) {
    while (!list.at_end()) {
        MOS_TRY([[maybe_unused]] const der::Element point, list.next(Tag::sequence));
    }
    return {};
}

Result<void> check_list(ByteView value, std::string_view what, Result<void> (*check)(der::Reader)) {
    MOS_TRY(const der::Reader list, der::open(value, Tag::sequence));
    if (list.at_end())
        return Error{Code::FORMAT, fmt::format("{} is empty", what)};
    return check(list);
}

}  // namespace

Result<void> check_other_extension(const Extension &extension) {
    const auto is = [&](std::string_view id) { return oid::is(extension.id, id); };
    if (is(oid::authority_access) || is(oid::subject_access))
        return check_list(extension.value, "information access", check_access);
    if (is(oid::certificate_policies))
        return check_list(extension.value, "the list of policies", check_policies);
    if (is(oid::distribution_points) || is(oid::freshest_list))
        return check_list(extension.value, "the list of distribution points", check_distribution_points);
    if (is(oid::issuer_alternative_name))
        MOS_CHECK(read_general_names(extension.value));
    return {};
}

}  // namespace mos::crypto
