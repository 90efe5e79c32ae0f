#include "settings.hpp"

#include "terminal.hpp"

#include <fmt/format.h>

namespace frame {

Result<std::vector<SettingProblem>> problems_of(const Settings &settings) {
    std::vector<SettingProblem> problems;
    const std::size_t count = mos_settings_problem_count(settings.get());
    problems.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        mos_settings_problem problem = MOS_SETTINGS_PROBLEM_INIT;
        FRAME_CHECK(check([&](auto error) { return mos_settings_problem_at(settings.get(), i, &problem, error); }));
        problems.push_back({problem.file, problem.path, problem.sentence, problem.line, problem.column});
    }
    return problems;
}

std::string problem_text(const SettingProblem &problem) {
    std::string text = problem.file;
    for (const std::uint32_t number : {problem.line, problem.column})
        if (number != 0)
            text += fmt::format(":{}", number);
    if (!problem.path.empty())
        text += ": " + problem.path;
    return text + ": " + problem.sentence;
}

nlohmann::ordered_json to_json(const std::vector<SettingProblem> &problems) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const SettingProblem &problem : problems)
        list.push_back({{"file", problem.file},
                        {"path", problem.path},
                        {"line", problem.line},
                        {"column", problem.column},
                        {"sentence", problem.sentence}});
    return list;
}

void put_warnings(const std::vector<SettingProblem> &problems) {
    for (const SettingProblem &problem : problems)
        put_line(Stream::err, {{Style::caution, "warning: "}, {Style::plain, problem_text(problem)}});
}

}  // namespace frame
