// V8 marks its pages MADV_DONTFORK, so that a child of a running Node has no heap (node's "private mapping fork optimisation").
#pragma once

// Marks every such mapping of this process for inheritance again. To be called after the last allocation before a fork: pages
// mapped later carry the mark again, and a child that touches one dies. Returns false with errno if /proc/self/smaps cannot be read.
bool makeHeapInheritable();
