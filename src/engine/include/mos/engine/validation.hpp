// A package judged in the five steps of the user's guide, each with its outcome.
#pragma once

#include <mos/base/observer.hpp>
#include <mos/engine/admission.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::engine {

// In their order; a later one is answered also after an earlier one failed, where it can be.
enum class ValidationStep : std::uint8_t { format, signature, chain, integrity, policy };
enum class StepOutcome : std::uint8_t {
    passed,
    failed,
    not_reached,  // it could not be asked: of a package that is none, or of a signer whom nobody knows
};
[[nodiscard]] std::string_view step_name(ValidationStep step) noexcept;     // "format", "signature", …
[[nodiscard]] std::string_view outcome_name(StepOutcome outcome) noexcept;  // "passed", "failed", "not reached"

struct StepResult {
    ValidationStep step = ValidationStep::format;
    StepOutcome outcome = StepOutcome::not_reached;
    std::string detail;  // a sentence for people
    std::optional<Error> error;
};

struct Validation {
    std::vector<StepResult> steps;  // five
    std::string package;            // its name as it claims; empty where it is no package
    crypto::Verdict verdict;

    [[nodiscard]] bool passed() const noexcept;
    // Of the first step that failed.
    [[nodiscard]] const Error *error() const noexcept;
};

enum class Strictness : std::uint8_t {
    usual,
    strict,  // every signature that the package carries must be good, and its entry of level high
};

// Answers all five, reading every byte; what is no package fails in the first. An error of its own only where the
// source can't be read, the trust folder can't be, or the observer cancels.
[[nodiscard]] Result<Validation> validate(std::unique_ptr<base::Source> source, const Admission &admission,
                                          Strictness strictness, base::Observer &observer);

}  // namespace mos::engine
