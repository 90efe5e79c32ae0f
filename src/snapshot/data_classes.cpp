#include <mos/snapshot/data_classes.hpp>

#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace mos::snapshot {

using base::FileType;
using base::in_quotes;

namespace {

constexpr std::array<std::string_view, 6> class_names{"critical", "important", "user", "system", "cache", "temporary"};
constexpr std::size_t max_classified = 100'000;

std::vector<std::string_view> components(std::string_view path) {
    std::vector<std::string_view> found;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        found.push_back(path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    }
    return found;
}

// Whether the rule holds for the path: its pattern matches the path, or a folder above it.
bool holds(const ClassRule &rule, std::string_view path) {
    std::string_view pattern = rule.pattern;
    while (!pattern.empty()) {
        if (path.empty())
            return false;
        const std::size_t in_pattern = std::min(pattern.find('/'), pattern.size());
        const std::size_t in_path = std::min(path.find('/'), path.size());
        if (!matches_component(pattern.substr(0, in_pattern), path.substr(0, in_path)))
            return false;
        pattern.remove_prefix(std::min(in_pattern + 1, pattern.size()));
        path.remove_prefix(std::min(in_path + 1, path.size()));
    }
    return true;
}

// Follows one pattern down a root.
class Expansion {
  public:
    Expansion(const ClassRule &rule, base::Observer &observer, std::map<std::string, ClassifiedPath> &found)
        : m_rule(rule), m_components(components(rule.pattern)), m_observer(observer), m_found(found) {}

    [[nodiscard]] Result<void> run(base::Directory &root) { return descend(root, {}, 0); }

  private:
    [[nodiscard]] Result<void> descend(base::Directory &folder, const std::string &path, std::size_t depth) {
        MOS_CHECK(m_observer.checkpoint());
        const std::string_view pattern = m_components[depth];
        if (pattern.find_first_of("*?") == std::string_view::npos)
            return take(folder, path, std::string{pattern}, depth);
        MOS_TRY(const auto entries, folder.list());
        for (const base::DirectoryEntry &entry : entries) {
            if (matches_component(pattern, entry.name))
                MOS_CHECK(take(folder, path, entry.name, depth));
        }
        return {};
    }

    [[nodiscard]] Result<void> take(base::Directory &folder, const std::string &path, const std::string &name,
                                    std::size_t depth) {
        MOS_TRY(const auto status, folder.find(name));
        if (!status)
            return {};
        std::string below = base::join_path(path, name);
        if (depth + 1 == m_components.size()) {
            if (m_found.size() == max_classified)
                return Error{Code::LIMIT, fmt::format("more than {} paths are of these classes", max_classified)};
            m_found.try_emplace(below, ClassifiedPath{below, &m_rule, *status});
            return {};
        }
        if (status->type != FileType::directory)
            return {};
        MOS_TRY(const auto opened, folder.open_directory(name, base::Symlinks::refuse));
        return descend(*opened, below, depth + 1);
    }

    const ClassRule &m_rule;
    std::vector<std::string_view> m_components;
    base::Observer &m_observer;
    std::map<std::string, ClassifiedPath> &m_found;
};

}  // namespace

std::string_view class_name(DataClass data_class) noexcept {
    return class_names.at(static_cast<std::size_t>(data_class));
}

Result<DataClass> class_named(std::string_view name) {
    const auto *const found = std::ranges::find(class_names, name);
    if (found != class_names.end())
        return static_cast<DataClass>(found - class_names.begin());
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} is no class of data; there are {}", in_quotes(name), fmt::join(class_names, ", "))};
}

Result<std::vector<DataClass>> classes_named(std::string_view names) {
    std::vector<DataClass> classes;
    for (std::string_view rest = names; !rest.empty();) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        MOS_TRY(const DataClass one, class_named(rest.substr(0, comma)));
        classes.push_back(one);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return classes;
}

Result<ClassRule> make_rule(DataClass data_class, std::string_view pattern) {
    const std::string_view path = base::without_outer_slashes(pattern);
    MOS_CHECK(base::check_entry_path(path));
    return ClassRule{data_class, std::string{path}, "a rule of the settings"};
}

// The first that holds decides, so what is special comes before what it lies in.
const std::vector<ClassRule> &default_rules() {
    using enum DataClass;
    static const std::vector<ClassRule> rules{
        {temporary, "tmp", "what every start may clear"},
        {temporary, "var/tmp", "what programs put aside for a while"},
        {temporary, "run", "what every start makes anew"},
        {temporary, "proc", "the kernel's own"},
        {temporary, "sys", "the kernel's own"},
        {temporary, "dev", "devices"},
        {temporary, "home/*/tmp", "what people put aside for a while"},
        {cache, "var/cache", "what programs make anew"},
        {cache, "home/*/.cache", "what people's programs make anew"},
        {cache, "root/.cache", "what root's programs make anew"},
        {critical, "etc/passwd", "user accounts"},
        {critical, "etc/shadow", "passwords"},
        {critical, "etc/group", "groups"},
        {critical, "etc/gshadow", "passwords of groups"},
        {critical, "etc/sudoers", "who may become root"},
        {critical, "etc/sudoers.d", "who may become root"},
        {critical, "etc/ssh", "the keys by which this system is known"},
        {critical, "etc/ssl/private", "private keys"},
        {critical, "etc/crypttab", "encrypted volumes"},
        {critical, "etc/fstab", "what is mounted where"},
        {critical, "etc/multios", "whom this system trusts, and its settings"},
        {critical, "home/*/.ssh", "people's keys"},
        {critical, "home/*/.gnupg", "people's keys"},
        {critical, "root/.ssh", "root's keys"},
        {critical, "var/lib/multios", "what is installed, and its history"},
        {important, "etc", "how this system is configured"},
        {important, "var/lib", "what services keep"},
        {important, "var/spool", "what waits to be done: mail, print and cron jobs"},
        {important, "var/mail", "mail"},
        {important, "srv", "what this system serves"},
        {important, "usr/local", "what the system's administrator has added"},
        {important, "opt", "what was installed beside the system"},
        {important, "root", "what root keeps"},
        {user, "home", "what people keep"},
        {system, "boot", "what packages bring"},
        {system, "bin", "what packages bring"},
        {system, "lib", "what packages bring"},
        {system, "lib64", "what packages bring"},
        {system, "sbin", "what packages bring"},
        {system, "usr", "what packages bring"},
        {system, "var/log", "what has happened here"},
    };
    return rules;
}

// '*' stands for any number of bytes: on a mismatch it takes one more.
bool matches_component(std::string_view pattern, std::string_view name) noexcept {
    std::size_t at = 0;
    std::size_t star = std::string_view::npos;
    std::size_t after_star = 0;
    for (std::size_t i = 0; i < name.size();) {
        if (at < pattern.size() && (pattern[at] == '?' || (pattern[at] != '*' && pattern[at] == name[i]))) {
            ++at;
            ++i;
        } else if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            after_star = i;
        } else if (star != std::string_view::npos) {
            at = star + 1;
            i = ++after_star;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

Classifier::Classifier(std::vector<ClassRule> own_rules) : m_rules(std::move(own_rules)) {
    const std::vector<ClassRule> &defaults = default_rules();
    m_rules.insert(m_rules.end(), defaults.begin(), defaults.end());
}

const ClassRule *Classifier::rule_of(std::string_view path) const noexcept {
    const auto rule = std::ranges::find_if(m_rules, [&](const ClassRule &one) { return holds(one, path); });
    return rule == m_rules.end() ? nullptr : &*rule;
}

Result<std::vector<ClassifiedPath>> find_classified(base::Directory &root, const Classifier &classifier,
                                                    const std::vector<DataClass> &classes, base::Observer &observer) {
    std::map<std::string, ClassifiedPath> found;
    for (const ClassRule &rule : classifier.rules()) {
        if (std::ranges::find(classes, rule.data_class) != classes.end())
            MOS_CHECK((Expansion{rule, observer, found}.run(root)));
    }
    std::vector<ClassifiedPath> paths;
    paths.reserve(found.size());
    for (auto &[path, one] : found) {
        if (classifier.rule_of(path) == one.rule)  // no rule before it says otherwise
            paths.push_back(std::move(one));
    }
    return paths;
}

}  // namespace mos::snapshot
