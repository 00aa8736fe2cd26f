/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz-support.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "fake-workers.h"
#include "process/cfut-process-executor.h"
#include "wire/cfut-frame-private.h"

/*
 * A session of a manager: calls come and are cancelled, time passes, workers
 * serve, die, hang up and lie, in whatever order the input says. The world that it
 * is in watches what must hold; see fake-workers.h.
 *
 * Input: the number of workers and their settings; then events of two bytes: what
 * happens, and an argument. The highest bit of the first says that the manager does
 * not wake before the next event.
 */

#define MAX_EVENTS 256
#define MAX_CALLS  24

typedef enum
{
  EVENT_SUBMIT,
  EVENT_READY,
  EVENT_START,
  EVENT_ANSWER,
  EVENT_FLUSH,
  EVENT_SERVE, /* all of these, as a good worker does it */
  EVENT_PROGRESS,
  EVENT_DIE,
  EVENT_REAP,
  EVENT_CANCEL,
  EVENT_TIME,
  EVENT_HANG_UP,
  EVENT_LIE,
  EVENT_FORGE,
  EVENT_SHUTDOWN,
  EVENT_GIVE_UP,
  EVENT_DEEPEN, /* a window, as many short calls would */
  EVENT_REFUSE,
  EVENT_NO_SPAWN,
  EVENT_TERMINATE,
  N_EVENTS,
} Event;

static FakeWorker *
pick_worker (FakeWorld *world,
             guint8     argument)
{
  /* Of those that are there; the last ones are the likeliest. */
  return world->workers->len > 0
    ? g_ptr_array_index (world->workers, world->workers->len - 1 - argument % world->workers->len)
    : NULL;
}

static void
submit (FakeWorld *world,
        guint8     argument)
{
  static const guint retries[] = { 0, 1, 2, CFUT_RETRY_FOREVER };
  CfutSubmitOptions *options;

  if (world->calls->len >= MAX_CALLS)
    return;

  options = cfut_submit_options_new ();
  cfut_submit_options_set_retries (options, retries[argument & 3]);
  if (argument & 4)
    cfut_submit_options_set_timeout (options, 10000);
  if (argument & 8)
    cfut_submit_options_set_deadline (options, 20000);
  if (argument & 16)
    cfut_submit_options_set_priority (options, -1);
  fake_world_submit (world, options, argument & 32 ? 2 : 0);
  cfut_submit_options_free (options);
}

/* Frames that a worker must not send, about calls that are not its own: of
 * another worker, of an earlier attempt, answered, not started, or of none. */
static void
lie (FakeWorld  *world,
     FakeWorker *worker,
     guint8      argument)
{
  FakeReceived *received = fake_worker_peek (worker);
  g_autoptr(GVariant) body = g_variant_ref_sink (g_variant_new_int64 (FAKE_LIE));
  guint8 bytes[CFUT_FRAME_HEADER_SIZE + 8];
  CfutFrameHeader header = {
    .type = argument & 128 ? CFUT_FRAME_PROGRESS : CFUT_FRAME_RESULT,
    .length = 8,
    .attempt = 1 + (argument & 1),
    .call = 1 + (argument >> 1) % 16,
  };

  /* What it says of its own call is its own business, true or not. */
  for (CfutEntry *entry = worker->process != NULL ? worker->process->head : NULL;
       entry != NULL;
       entry = entry->next)
    if (entry->call == header.call && entry->attempt == header.attempt)
      return;

  if (received != NULL)
    header.slot = received->header.slot;
  cfut_frame_encode (&header, bytes);
  memcpy (bytes + CFUT_FRAME_HEADER_SIZE, g_variant_get_data (body), 8);
  fake_worker_write (worker, bytes, argument == 255 ? 20 : sizeof bytes);
}

static void
pass_time (FakeWorld *world,
           guint8     argument)
{
  static const gint64 spans[] = { 1, 500, 2000, 20000, 60000, 300000, 1500000, 11000000 };
  gint64 due = world->manager->due;

  /* Up to the next alarm, or by some time or other. */
  if (argument % 16 >= 8 && due > world->now && due < G_MAXINT64)
    fake_world_advance (world, due - world->now);
  else
    fake_world_advance (world, spans[argument % 8]);
}

static void
act_worker (FakeWorld  *world,
            FakeWorker *worker,
            Event       event,
            guint8      argument)
{
  static const int statuses[] = { SIGKILL, SIGSEGV, 0, W_EXITCODE (1, 0) };

  switch (event)
    {
    case EVENT_READY:
      fake_worker_ready (worker);
      break;
    case EVENT_REFUSE:
      fake_worker_refuse (worker);
      break;
    case EVENT_START:
      fake_worker_start (worker);
      break;
    case EVENT_ANSWER:
      fake_worker_answer (worker, argument & 64);
      break;
    case EVENT_FLUSH:
      fake_worker_flush (worker);
      break;
    case EVENT_SERVE:
      fake_worker_ready (worker);
      while (fake_worker_start (worker))
        fake_worker_answer (worker, FALSE);
      fake_worker_flush (worker);
      break;
    case EVENT_PROGRESS:
      fake_worker_progress (worker);
      break;
    case EVENT_DIE:
      fake_worker_die (worker, statuses[(argument >> 4) & 3], argument & 64);
      break;
    case EVENT_REAP:
      fake_worker_reap (worker);
      break;
    case EVENT_HANG_UP:
      fake_worker_hang_up (worker);
      break;
    case EVENT_LIE:
      lie (world, worker, argument);
      break;
    case EVENT_FORGE:
      fake_worker_forge_word (worker, argument >> 4);
      break;
    case EVENT_DEEPEN:
      if (worker->process != NULL)
        worker->process->window.depth = 4;
      break;
    case EVENT_SUBMIT:
    case EVENT_CANCEL:
    case EVENT_TIME:
    case EVENT_SHUTDOWN:
    case EVENT_GIVE_UP:
    case EVENT_NO_SPAWN:
    case EVENT_TERMINATE:
    case N_EVENTS:
    default:
      break;
    }
}

/* As cfut_process_executor_terminate_workers() does, and kill_workers(). */
static void
terminate (FakeWorld *world,
           int        signum)
{
  world->manager->abandoned = TRUE;
  cfut_pool_shutdown_now (world->pool);
  world->manager->signal = signum;
  cfut_manager_ring (world->manager);
}

static void
act (FakeWorld *world,
     Event      event,
     guint8     argument)
{
  FakeWorker *worker = pick_worker (world, argument & 3);

  switch (event)
    {
    case EVENT_SUBMIT:
      submit (world, argument);
      break;
    case EVENT_CANCEL:
      if (world->calls->len > 0)
        fake_world_cancel (world, g_ptr_array_index (world->calls, argument % world->calls->len));
      break;
    case EVENT_TIME:
      pass_time (world, argument);
      break;
    case EVENT_SHUTDOWN:
      cfut_pool_shutdown (world->pool, argument & 1 ? CFUT_SHUTDOWN_CANCEL : CFUT_SHUTDOWN_NONE, 0, NULL);
      break;
    case EVENT_GIVE_UP:
      /* What a shutdown does that has waited for too long. */
      if (world->pool->phase != CFUT_POOL_OPEN)
        cfut_pool_give_up (world->pool);
      break;
    case EVENT_NO_SPAWN:
      world->n_failures = argument % 32;
      break;
    case EVENT_TERMINATE:
      terminate (world, argument & 1 ? SIGKILL : SIGTERM);
      break;
    case EVENT_READY:
    case EVENT_REFUSE:
    case EVENT_START:
    case EVENT_ANSWER:
    case EVENT_FLUSH:
    case EVENT_SERVE:
    case EVENT_PROGRESS:
    case EVENT_DIE:
    case EVENT_REAP:
    case EVENT_HANG_UP:
    case EVENT_LIE:
    case EVENT_FORGE:
    case EVENT_DEEPEN:
    case N_EVENTS:
    default:
      if (worker != NULL)
        act_worker (world, worker, event, argument);
      break;
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  FuzzInput input = { data, size };
  guint8 settings = fuzz_take_byte (&input);
  FakeWorld *world = fake_world_new (1 + (settings & 1));

  if (settings & 2)
    world->manager->config.limits.max_calls = 2;
  if (settings & 4)
    world->manager->config.crash_policy = CFUT_CRASH_POLICY_BREAK_POOL;
  if (settings & 8)
    world->manager->config.min_workers = 1;
  if (settings & 16)
    world->manager->config.idle_timeout_us = 0;

  for (guint i = 0; input.size > 0 && i < MAX_EVENTS; i++)
    {
      guint8 event = fuzz_take_byte (&input);

      act (world, (event & 127) % N_EVENTS, fuzz_take_byte (&input));
      if (!(event & 128))
        fake_world_run (world);
    }

  fake_world_run (world);
  fake_world_free (world);

  return 0;
}
