#include "limbo.hpp"

#include "limbo_case.hpp"

#include <fmt/format.h>

namespace mos::vectors {

using nlohmann::json;

namespace {

Expected expected_of(const json &test) {
    return test.at("expected_result") == "SUCCESS" ? Expected::accepted : Expected::refused;
}

Decision decide_one(const json &test) {
    try {
        return decide(read_chain_case(test));
    } catch (const std::exception &error) {
        return skip(fmt::format("a case can't be read: {}", error.what()));
    }
}

}  // namespace

bool is_limbo(const json &file) { return file.is_object() && file.contains("testcases"); }

void run_limbo(const json &file, Report &report) {
    for (const json &test : file.at("testcases")) {
        const Decision decision = decide_one(test);
        report.add(test.at("id").get<std::string>(), decision, expected_of(test));
    }
}

}  // namespace mos::vectors
