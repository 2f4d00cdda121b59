// v8::JobHandle on a WorkerPool: work that V8 splits up while it goes (v8-platform.h, JobTask, has the contract). V8's own
// implementation is exported by some versions and not by others, and it posts to the workers that a fork lacks.
#pragma once
#include <memory>
#include "platform/worker_pool.h"

std::unique_ptr<v8::JobHandle> createJob(WorkerPool& pool, v8::TaskPriority priority, std::unique_ptr<v8::JobTask> task);
