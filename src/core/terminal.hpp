#pragma once

namespace infoplane {

/// Columns of the terminal behind `file_descriptor`; when it is none, what the variable COLUMNS
/// says, or 80.
int terminal_columns(int file_descriptor);

/// True when `file_descriptor` is a terminal that understands colours (NO_COLOR and TERM=dumb
/// heeded).
bool wants_colour(int file_descriptor);

/// A descriptor of the terminal on which what is written to stderr appears, or -1 when it goes to a
/// file or a pipe. mpirun hands its ranks a pipe and writes what comes through it to its own
/// stderr, so there the launcher's stderr is looked at.
int terminal_behind_stderr();

}  // namespace infoplane
