#include <mos/install/dependencies.hpp>

#include <mos/state/transactions.hpp>

#include "expect.hpp"

#include <algorithm>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::install::Conflict;
using mos::install::Unmet;
using mos::package::Manifest;
using mos::state::InstalledPackage;

namespace {

struct Lists {
    std::vector<std::string> depends = {};
    std::vector<std::string> conflicts = {};
    std::vector<std::string> provides = {};
    std::vector<std::string> bundles = {};
};

Manifest manifest_of(const std::string &name, const std::string &version, Lists lists = {}) {
    Manifest manifest;
    manifest.package_info.name = name;
    manifest.package_info.version = version;
    manifest.dependencies.depends = std::move(lists.depends);
    manifest.dependencies.bundles = std::move(lists.bundles);
    manifest.update_info.conflicts = std::move(lists.conflicts);
    manifest.update_info.provides = std::move(lists.provides);
    return manifest;
}

enum class Asked : std::uint8_t { yes, no };

// A database in which packages are installed, each by a transaction of its own.
class Machine {
  public:
    std::uint64_t install(const std::string &name, const std::string &version, Lists lists = {},
                          Asked asked = Asked::yes) {
        return install_row(name, version, mos::package::write_manifest(manifest_of(name, version, std::move(lists))),
                           asked);
    }

    std::uint64_t install_row(const std::string &name, const std::string &version, std::string manifest, Asked asked) {
        InstalledPackage package;
        package.name = name;
        package.version = version;
        package.manifest = std::move(manifest);
        package.automatic = asked == Asked::no;
        std::uint64_t row = 0;
        commit([&](std::uint64_t transaction) -> Result<void> {
            MOS_TRY(row, packages.insert(package, transaction));
            return {};
        });
        return row;
    }

    void remove(std::uint64_t row) {
        commit([&](std::uint64_t transaction) { return packages.mark_removed(row, transaction); });
    }

    template <class... Manifests>
    [[nodiscard]] std::vector<Unmet> unmet(const Manifests &...to_come) {
        return must(mos::install::unmet_dependencies(packages, {&to_come...}));
    }
    template <class... Manifests>
    [[nodiscard]] std::vector<Conflict> conflicts(const Manifests &...to_come) {
        return must(mos::install::conflicts(packages, {&to_come...}));
    }
    [[nodiscard]] std::vector<std::string> orphans() { return must(mos::install::orphans(packages)); }

    std::unique_ptr<mos::state::Database> database = must(mos::state::Database::open_empty());
    mos::state::Packages packages{*database};

  private:
    template <class Work>
    void commit(Work work) {
        must(database->commit(mos::state::Durability::durable, [&]() -> Result<void> {
            mos::state::Transaction transaction;
            transaction.id = ++m_transaction;
            transaction.stage = transaction.id;
            transaction.state = mos::state::TransactionState::done;
            transaction.in_effect = true;
            MOS_CHECK(mos::state::Transactions{*database}.insert(transaction));
            return work(transaction.id);
        }));
    }

    std::uint64_t m_transaction = 0;
};

}  // namespace

TEST_CASE("a dependency is met by what is installed, by what comes with it, and by nothing else") {
    Machine machine;
    const Manifest app = manifest_of("app", "1", {.depends = {"lib (>= 2)", "tool"}});
    CHECK(machine.unmet(app) == std::vector<Unmet>{{"app", "lib (>= 2)", ""}, {"app", "tool", ""}});
    const std::uint64_t tool = machine.install("tool", "1");
    CHECK(machine.unmet(app) == std::vector<Unmet>{{"app", "lib (>= 2)", ""}});
    CHECK(machine.unmet(app, manifest_of("lib", "2")).empty());
    machine.install("lib", "2.1");
    CHECK(machine.unmet(app).empty());
    machine.remove(tool);
    CHECK(machine.unmet(app) == std::vector<Unmet>{{"app", "tool", ""}});
}

TEST_CASE("an installed package that is replaced no longer counts") {
    Machine machine;
    machine.install("lib", "2", {.provides = {"abi (= 2)"}});
    const Manifest app = manifest_of("app", "1", {.depends = {"lib (<< 3)", "abi (= 2)"}});
    CHECK(machine.unmet(app).empty());
    CHECK(machine.unmet(app, manifest_of("lib", "3")) ==
          std::vector<Unmet>{{"app", "lib (<< 3)", "'lib' 3"}, {"app", "abi (= 2)", ""}});
}

TEST_CASE("one alternative is enough, and what is there in another version is told") {
    Machine machine;
    machine.install("b", "1");
    machine.install("c", "1", {.provides = {"a"}});
    CHECK(machine.unmet(manifest_of("app", "1", {.depends = {"x | b"}})).empty());
    CHECK(machine.unmet(manifest_of("app", "1", {.depends = {"x (= 1) | b (>= 2) | a (>= 2) | c (>= 2)"}})) ==
          std::vector<Unmet>{{"app", "x (= 1) | b (>= 2) | a (>= 2) | c (>= 2)", "'b' 1, 'c' 1"}});
}

TEST_CASE("a provided name counts, with a version only if it has one") {
    Machine machine;
    machine.install("exim", "4", {.provides = {"mail-agent", "smtp (= 1.2)"}});
    CHECK(machine.unmet(manifest_of("app", "1", {.depends = {"mail-agent", "smtp", "smtp (>= 1)"}})).empty());
    CHECK(machine.unmet(manifest_of("app", "1", {.depends = {"mail-agent (>= 1)", "smtp (>> 1.2)"}})) ==
          std::vector<Unmet>{{"app", "mail-agent (>= 1)", "'exim' 4"}, {"app", "smtp (>> 1.2)", "'exim' 4"}});
}

TEST_CASE("packages that need each other can come together") {
    Machine machine;
    CHECK(machine.unmet(manifest_of("a", "1", {.depends = {"b"}}), manifest_of("b", "1", {.depends = {"a"}})).empty());
}

TEST_CASE("a malformed relation of a package that is to come is refused by name") {
    Machine machine;
    const Manifest depends = manifest_of("app", "1", {.depends = {"a (< 1)"}});
    const auto unmet = mos::install::unmet_dependencies(machine.packages, {&depends});
    CHECK(refusal(unmet) == Code::FORMAT);
    CHECK(unmet.error().full_message() == "package 'app' has a malformed entry in 'depends': relation 'a (< 1)' has "
                                          "the operator '<'; write '<<' or '<='");
    const Manifest provides = manifest_of("app", "1", {.provides = {"a | b"}});
    CHECK(refusal(mos::install::unmet_dependencies(machine.packages, {&provides})) == Code::FORMAT);
    CHECK(refusal(mos::install::conflicts(machine.packages, {&provides})) == Code::FORMAT);
    const Manifest excludes = manifest_of("app", "1", {.conflicts = {"a | b"}});
    CHECK(refusal(mos::install::conflicts(machine.packages, {&excludes})) == Code::FORMAT);
}

TEST_CASE("a relation of an installed package that can't be read counts as none") {
    Machine machine;
    machine.install("odd", "1", {{"a (< 1)"}, {"b | c", "app"}, {"d | e", "f"}});
    machine.install_row("older", "1", "no JSON", Asked::yes);
    CHECK(machine.unmet(manifest_of("b", "1", {.depends = {"f", "older (= 1)"}})).empty());
    CHECK(machine.conflicts(manifest_of("b", "1")).empty());
    CHECK(machine.conflicts(manifest_of("app", "2")) == std::vector<Conflict>{{"odd", "app", "app", "2"}});
    CHECK(machine.orphans().empty());
}

TEST_CASE("conflicts are found in both directions, and among those that are to come") {
    Machine machine;
    machine.install("old", "1", {.conflicts = {"new (>= 2)"}});
    CHECK(machine.conflicts(manifest_of("new", "1")).empty());
    CHECK(machine.conflicts(manifest_of("new", "2")) == std::vector<Conflict>{{"old", "new (>= 2)", "new", "2"}});
    CHECK(machine.conflicts(manifest_of("x", "1", {.conflicts = {"old (<< 2)", "y"}}), manifest_of("y", "3")) ==
          std::vector<Conflict>{{"x", "old (<< 2)", "old", "1"}, {"x", "y", "y", "3"}});
}

TEST_CASE("what an installed package excludes no longer counts when it is replaced, nor is the old one excluded") {
    Machine machine;
    machine.install("p", "1", {.conflicts = {"q"}});
    CHECK(machine.conflicts(manifest_of("p", "2"), manifest_of("q", "1")).empty());
    CHECK(machine.conflicts(manifest_of("p", "2", {.conflicts = {"p (<< 2)"}})).empty());
}

TEST_CASE("only one provider of a name that all its providers exclude") {
    Machine machine;
    const Manifest exim = manifest_of("exim", "4", {{}, {"mail-agent"}, {"mail-agent"}});
    CHECK(machine.conflicts(exim).empty());
    machine.install("postfix", "3", {.provides = {"mail-agent"}});
    CHECK(machine.conflicts(exim) == std::vector<Conflict>{{"exim", "mail-agent", "postfix", "3"}});
}

TEST_CASE("conflicts between installed packages are nobody's business now") {
    Machine machine;
    machine.install("a", "1", {.conflicts = {"b"}});
    machine.install("b", "1");
    CHECK(machine.conflicts(manifest_of("c", "1")).empty());
}

TEST_CASE("automatic packages are orphans unless one that was asked for needs them, over however many steps") {
    Machine machine;
    const std::uint64_t app = machine.install("app", "1", {.depends = {"lib (>= 1)"}});
    machine.install("lib", "1", {.depends = {"base | other", "virtual"}}, Asked::no);
    machine.install("base", "1", {}, Asked::no);
    machine.install("other", "1", {}, Asked::no);
    machine.install("provider", "1", {.provides = {"virtual"}}, Asked::no);
    machine.install("ring-a", "1", {.depends = {"ring-b"}}, Asked::no);
    machine.install("ring-b", "1", {.depends = {"ring-a"}}, Asked::no);
    machine.install("alone", "1");
    CHECK(machine.orphans() == std::vector<std::string>{"ring-a", "ring-b"});
    machine.remove(app);
    CHECK(machine.orphans() == std::vector<std::string>{"base", "lib", "other", "provider", "ring-a", "ring-b"});
}

TEST_CASE("what a package carried is needed by it, whether it depends on it or not") {
    Machine machine;
    const std::uint64_t carrier = machine.install("app", "1", {.bundles = {"lib"}});
    machine.install("lib", "1", {.bundles = {"base"}}, Asked::no);
    machine.install("base", "1", {}, Asked::no);
    machine.install("like-base", "1", {.provides = {"base"}}, Asked::no);  // is not what was carried
    CHECK(machine.orphans() == std::vector<std::string>{"like-base"});
    machine.remove(carrier);
    CHECK(machine.orphans() == std::vector<std::string>{"base", "lib", "like-base"});
    machine.install("app", "2", {});  // a version that no longer carries it
    CHECK(machine.orphans() == std::vector<std::string>{"base", "lib", "like-base"});
}

TEST_CASE("a package in a version that does not do is no longer needed") {
    Machine machine;
    machine.install("app", "1", {.depends = {"lib (>= 2)"}});
    machine.install("lib", "1", {}, Asked::no);
    CHECK(machine.orphans() == std::vector<std::string>{"lib"});
}
