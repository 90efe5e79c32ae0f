// What the paths of a system are worth to the people who use it: rules with defaults for a Linux system.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/base/observer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::snapshot {

// From what can't be had again to what nobody misses.
enum class DataClass : std::uint8_t { critical, important, user, system, cache, temporary };

[[nodiscard]] std::string_view class_name(DataClass data_class) noexcept;
[[nodiscard]] Result<DataClass> class_named(std::string_view name);
// "critical,important"; INVALID_ARGUMENT for a word that is none.
[[nodiscard]] Result<std::vector<DataClass>> classes_named(std::string_view names);

struct ClassRule {
    DataClass data_class = DataClass::user;
    std::string pattern;  // beneath the root; '*' and '?' stand for bytes of one component; all below belongs to it
    std::string meaning;  // "user accounts and their passwords"; "a rule of the settings"
};

// INVALID_ARGUMENT for what is no path beneath the root. Slashes at either end are left off.
[[nodiscard]] Result<ClassRule> make_rule(DataClass data_class, std::string_view pattern);
[[nodiscard]] const std::vector<ClassRule> &default_rules();

// Whether a component of a path is what a component of a pattern stands for.
[[nodiscard]] bool matches_component(std::string_view pattern, std::string_view name) noexcept;

// The first rule that a path, or a folder above it, matches decides: rules of the settings come before the defaults.
class Classifier {
  public:
    explicit Classifier(std::vector<ClassRule> own_rules);
    // nullptr where no rule speaks of it. Lives as long as this.
    [[nodiscard]] const ClassRule *rule_of(std::string_view path) const noexcept;
    [[nodiscard]] const std::vector<ClassRule> &rules() const noexcept { return m_rules; }

  private:
    std::vector<ClassRule> m_rules;
};

struct ClassifiedPath {
    std::string path;
    const ClassRule *rule = nullptr;  // of the classifier
    base::FileStatus status;
};

// What is there of these classes: the paths at which rules of them begin to hold, in byte order, without what lies
// below another one of them. Links are not followed. LIMIT beyond 100,000.
[[nodiscard]] Result<std::vector<ClassifiedPath>> find_classified(base::Directory &root, const Classifier &classifier,
                                                                  const std::vector<DataClass> &classes,
                                                                  base::Observer &observer);

}  // namespace mos::snapshot
