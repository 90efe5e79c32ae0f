// Packages that an engine must not let in, and a root that is as it was.
#pragma once

#include "engine_bench.hpp"

#include <array>
#include <string_view>

namespace mos::test {

inline Result<engine::JobOutcome> install_bytes(EngineBench &bench, base::Bytes bytes) {
    engine::Plan plan{bench.engine};
    MOS_CHECK(plan.install(base::make_memory_source(std::move(bytes), "p.mos"), {}));
    return EngineBench::run(plan);
}

// Refused with that code, and nothing in the root is another than it was, but the journal that tells of the refusal.
inline Error must_refuse(EngineBench &bench, base::Bytes bytes, Code code) {
    const std::array<std::string_view, 1> journal = {"var/lib/multios/events"};
    const TreeImage before = must(scan(*bench.twin.root(), journal));
    const auto result = install_bytes(bench, std::move(bytes));
    CHECK(refusal(result) == code);
    CHECK(difference(before, must(scan(*bench.twin.root(), journal)), all_directory_times) == "");
    return result.error();
}

inline void put_policy(const EngineBench &bench, std::string_view yaml) {
    const auto folder = must(base::make_directories(*bench.twin.root(), "etc/multios"));
    must(base::replace_file(*folder, "security-policy.yml", base::as_bytes(yaml), 0644));
}

inline bool says(const Error &error, std::string_view words) {
    INFO("the error says: ", error.full_message());
    const bool found = error.full_message().find(words) != std::string::npos;
    CHECK(found);
    return found;
}

}  // namespace mos::test
