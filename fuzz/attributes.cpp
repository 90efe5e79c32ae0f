// state::attributes_from_text: what it accepts is written and read back as the same attributes.
#include "target.hpp"

#include <mos/state/operation.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const auto attributes = state::attributes_from_text(base::as_text(fuzz::input(data, size)));
    if (!attributes)
        return 0;
    for (const base::ExtendedAttribute &attribute : attributes->extended)
        fuzz::hold(!attribute.name.empty(), "an extended attribute has a name");
    const auto again = fuzz::must(state::attributes_from_text(state::attributes_to_text(*attributes)),
                                  "accepted attributes are read back");
    fuzz::hold(again == *attributes, "accepted attributes are read back as the same");
    return 0;
}
