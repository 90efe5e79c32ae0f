// Relations between packages: what is accepted can be written in one way, and is read back as the same.
#include "target.hpp"

#include <mos/package/relation.hpp>
#include <mos/package/version.hpp>

#include <array>
#include <string>

namespace {

using namespace mos;
using package::Alternative;
using package::Comparison;

std::string written(const Alternative &alternative) {
    constexpr std::array<std::string_view, 6> operators = {"", "<<", "<=", "=", ">=", ">>"};
    std::string text = alternative.name;
    if (alternative.comparison != Comparison::any)
        text.append(" (")
            .append(operators[static_cast<std::size_t>(alternative.comparison)])
            .append(" ")
            .append(alternative.version)
            .append(")");
    return text;
}

void check(const Alternative &alternative) {
    fuzz::must(package::check_name(alternative.name), "an accepted relation names a package");
    const bool any = alternative.comparison == Comparison::any;
    fuzz::hold(any == alternative.version.empty(), "an accepted comparison has a version");
    if (any)
        return;
    fuzz::must(package::check_version(alternative.version), "an accepted comparison has a valid version");
    const bool with_equal =
        alternative.comparison != Comparison::earlier && alternative.comparison != Comparison::later;
    fuzz::hold(package::satisfied(alternative, alternative.name, alternative.version) == with_equal,
               "a version satisfies itself where equal ones do");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text = base::as_text(fuzz::input(data, size));
    const auto relation = package::parse_relation(text);
    if (!relation) {
        fuzz::hold(base::is_clean_text(relation.error().message()), "a message is one clean line");
        fuzz::hold(!package::parse_conflict(text) && !package::parse_provided(text),
                   "what is no relation is neither a conflict nor provided");
        return 0;
    }
    const auto conflict = package::parse_conflict(text);
    fuzz::hold(conflict.ok() == (relation->size() == 1), "a conflict is a relation without alternatives");
    if (const auto provided = package::parse_provided(text))
        fuzz::hold(conflict.ok() && package::satisfied(*conflict, *provided), "what is provided is what is asked for");
    std::string again;
    for (const Alternative &alternative : *relation) {
        check(alternative);
        again += (again.empty() ? "" : " | ") + written(alternative);
    }
    fuzz::hold(fuzz::must(package::parse_relation(again), "a relation is read back") == *relation,
               "a relation is read back as the same");
    return 0;
}
