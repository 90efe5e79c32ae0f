// A root's settings, changed: what is refused with nothing written, and what is left of a change after a power cut or a
// fault at any call.
#include "engine_bench.hpp"

#include <mos/engine/root_settings.hpp>

#include <cerrno>

using namespace mos::test;
using mos::Code;
using mos::config::Assignment;
using mos::config::FileKind;
using mos::config::SettingsTarget;

namespace {

using Assignments = std::vector<Assignment>;
using Paths = std::vector<std::string>;

constexpr std::string_view system_path = "etc/multios/update-system.yml";
constexpr std::string_view environment_path = "etc/multios/environments/staging.yml";
constexpr std::string_view before = "# of the shop\ndelta_updates:\n  max_delta_size: 500MB  # for now\n";
constexpr std::string_view after = "# of the shop\ndelta_updates:\n  max_delta_size: 400MB  # for now\n";

std::string text_at(const Twin &twin, std::string_view path) {
    const std::size_t end_of_folder = path.rfind('/');
    const auto folder = twin.root()->open_directory(path.substr(0, end_of_folder), mos::base::Symlinks::refuse);
    if (!folder)
        return {};
    const auto found = mos::base::read_file(**folder, path.substr(end_of_folder + 1), 1U << 20U);
    return found ? std::string{mos::base::as_text(*found)} : std::string{};
}

struct SettingsBench : EngineBench {
    SettingsBench() {
        const auto folder = must(mos::base::make_directories(*twin.root(), "etc/multios"));
        must(mos::base::replace_file(*folder, "update-system.yml", mos::base::as_bytes(before), 0644));
    }
    [[nodiscard]] mos::Result<Paths> change(const Assignments &assignments, const SettingsTarget &target = {}) const {
        return mos::engine::change_root_settings(*engine, target, assignments);
    }
    [[nodiscard]] std::string system_text() const { return text_at(twin, system_path); }
};

const Assignments smaller = {{"delta_updates.max_delta_size", "400MB"}};
const SettingsTarget staging = {FileKind::environment, "staging"};

}  // namespace

TEST_CASE("a schedule that can't be followed is refused, and the file stays as it is") {
    const SettingsBench bench;
    for (const Assignments &assignments : std::vector<Assignments>{
             {{"update_system.scheduling.maintenance_window.start", "02:00"},
              {"update_system.scheduling.maintenance_window.end", "02:00"}},
             {{"update_system.scheduling.maintenance_window.timezone", "Europe/Nowhere"}},
         }) {
        CHECK(refusal(bench.change(assignments)) == Code::INVALID_ARGUMENT);
        CHECK(bench.system_text() == before);
    }
}

TEST_CASE("what was wrong before keeps no other setting from being changed") {
    const SettingsBench bench;
    const auto folder = must(bench.twin.root()->open_directory("etc/multios", mos::base::Symlinks::refuse));
    must(mos::base::replace_file(
        *folder, "scheduling-policy.yml",
        mos::base::as_bytes("update_system:\n  scheduling:\n    maintenance_window:\n      timezone: Nowhere\n"),
        0644));
    CHECK(must(bench.change(smaller)) == Paths{std::string{system_path}});
    CHECK(bench.system_text() == after);
}

TEST_CASE("after a power cut at any moment the settings are the old ones or the new ones") {
    SettingsBench bench;
    std::vector<DiskState> cuts;
    bench.twin.on_mutation([&](std::uint64_t, std::string_view) {
        for (const Selection &kept : {Selection::none(), Selection::all()})
            cuts.push_back(bench.twin.crash(kept));
    });
    must(bench.change(smaller));
    bench.twin.on_mutation(nullptr);
    cuts.push_back(bench.twin.crash(Selection::none()));
    CHECK(cuts.size() > 6);
    for (const DiskState &cut : cuts) {
        const std::string found = text_at(Twin{cut}, system_path);
        CHECK((found == before || found == after));
    }
    CHECK(text_at(Twin{cuts.back()}, system_path) == after);
}

TEST_CASE("after a power cut at any moment an environment's new file is whole, or is not there") {
    SettingsBench bench;
    std::vector<DiskState> cuts;
    bench.twin.on_mutation([&](std::uint64_t, std::string_view) {
        for (const Selection &kept : {Selection::none(), Selection::all()})
            cuts.push_back(bench.twin.crash(kept));
    });
    must(bench.change(smaller, staging));
    bench.twin.on_mutation(nullptr);
    const std::string whole = text_at(bench.twin, environment_path);
    CHECK(whole.find("max_delta_size: 400MB") != std::string::npos);
    for (const DiskState &cut : cuts) {
        const std::string found = text_at(Twin{cut}, environment_path);
        CHECK((found.empty() || found == whole));
    }
    CHECK(text_at(Twin{bench.twin.crash(Selection::none())}, environment_path) == whole);
}

TEST_CASE("after an error at any call the settings are the old ones or the new ones, and can be changed") {
    for (const int number : {EIO, ENOSPC}) {
        std::uint64_t call = 1;
        for (bool is_over = false; !is_over; ++call) {
            CAPTURE(call);
            SettingsBench bench;
            const std::uint64_t calls = bench.twin.calls();
            bench.twin.fail_at(calls + call, number);
            const auto changed = bench.change(smaller);
            is_over = bench.twin.calls() - calls < call;
            bench.twin.fail_never();
            const std::string found = bench.system_text();
            CHECK((found == after || (!changed.ok() && found == before)));
            must(bench.change({{"delta_updates.max_delta_size", "300MB"}}));
            CHECK(bench.system_text().find("max_delta_size: 300MB") != std::string::npos);
        }
        CHECK(call > 10);
    }
}
