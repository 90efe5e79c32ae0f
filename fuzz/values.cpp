// config::read_values. The first byte of the input is the format. What is accepted is within the limits, and is the
// same when it is written as JSON and read back.
#include "target.hpp"

#include <mos/config/values.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace {

using namespace mos;

std::size_t depth_of(const nlohmann::json &tree) {
    std::size_t depth = 0;
    for (const nlohmann::json &child : tree)
        depth = std::max(depth, child.is_structured() ? depth_of(child) : 0);
    return depth + 1;
}

std::size_t values_in(const nlohmann::json &tree) {
    std::size_t count = 1;
    for (const nlohmann::json &child : tree)
        count += child.is_structured() ? values_in(child) : 1;
    return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0)
        return 0;
    const std::string_view text = base::as_text(fuzz::input(data + 1, size - 1));
    const auto tree = config::read_values(text, static_cast<config::Format>(data[0] % 3), "input");
    if (!tree) {
        fuzz::hold(base::is_clean_text(tree.error().full_message()), "a message is one clean line");
        return 0;
    }
    fuzz::hold((*tree)->is_object(), "values are an object");
    fuzz::hold(depth_of(**tree) <= config::max_values_depth, "values are no deeper than the limit");
    fuzz::hold(values_in(**tree) <= config::max_values, "values are no more than the limit");
    const auto again =
        fuzz::must(base::parse_json((*tree)->dump(), {.bytes = 16U << 20U}), "accepted values are JSON as well");
    fuzz::hold(*again == **tree, "accepted values are the same as JSON");
    return 0;
}
