// Takes the worker-thread part of Node's platform over, in place: what Node and V8 post goes to a pool that a fork can do without.
#pragma once
#include <node.h>

// Once a process, before any module. False if Node's own workers could not be brought to rest.
bool takeOverPlatform(node::MultiIsolatePlatform* platform);

// Ends all worker threads until the next task is posted. The caller is the only thread that posts.
void quiescePlatform();
