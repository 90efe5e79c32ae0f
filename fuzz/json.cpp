// base::parse_json: what it accepts is written and read back as the same value.
#include "target.hpp"

#include <mos/base/json.hpp>

#include <nlohmann/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const auto tree = base::parse_json(base::as_text(fuzz::input(data, size)), {});
    if (!tree)
        return 0;
    const auto again =
        fuzz::must(base::parse_json((*tree)->dump(), {.bytes = 16U << 20U}), "accepted JSON is read back");
    fuzz::hold(*again == **tree, "accepted JSON is read back as the same value");
    return 0;
}
