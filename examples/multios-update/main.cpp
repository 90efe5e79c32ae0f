// multios-update: what is installed changes, and changes back.
#include "tool.hpp"

#include "frame/run.hpp"

int main(int count, char **arguments) { return frame::run(update_tool::make_tool(), count, arguments); }
