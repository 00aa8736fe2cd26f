/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of calls on worker processes, for the model checker Spin: what the page
 * "States" of the manual says, made to run. There are two calls, the manager, two
 * places for workers, a user who cancels and shuts down, a clock, and fate, which
 * kills workers and has one lie.
 *
 * What one thread does while it holds the pool's lock is one step here. Times are only
 * what may happen after what. Left out are priorities, bounds, chunks, frames, and when to give up on
 * workers that do not start, for which see tests/policy/. One worker may be killed and live on; its
 * place is not used again.
 *
 *   here                               in the code
 *   resolved[], outcome[]              CfutState.phase
 *   place[]                            CfutJob.place; At is TAKEN or RUNNING
 *   sending[]                          call and attempt of the CfutEntry
 *   word[], generation[]               the words of CfutClaims
 *   sent_0, sent_1                     the socket to a worker
 *   said_0, said_1                     the socket from it, and its journal
 *   phase[]                            CfutProcess.phase; Gone: reaped, or never there
 *
 * Checked in every order of all steps:
 *   - each future is resolved exactly once;
 *   - a call that has started does so again only as often as its retries allow;
 *   - no answer counts but that to the call as it was sent last;
 *   - a call whose answer was noted is not failed, or run again, for a death;
 *   - what cancel() has promised comes true;
 *   - nobody waits for ever: after a shutdown all workers go and the manager ends.
 *
 * A -D of each of these makes one thing wrong, and has to be found:
 *   MUTANT_NO_DRAIN      a death is decided before all was read that the worker said
 *   MUTANT_CHECK_SET     cancel() first looks whether it is too late, and then asks
 *   MUTANT_CHECK_REVOKE  a call is taken back in two steps, a look and a write
 *   MUTANT_NO_KILL       a shutdown that has run out of time kills nobody
 *   MUTANT_STALE         an answer is matched by its call, however long ago sent
 *   MUTANT_NO_REVOKE     a worker that does not die is abandoned with what it has not started
 */

#define N_CALLS    2
#define N_WORKERS  2
#define RETRIES(c) (c) /* of call 0 none, of call 1 one */

#ifndef N_BLOWS
#define N_BLOWS    1   /* deaths by fate, and lies */
#endif
#define N_SENDINGS 2   /* of a call, before it is no longer moved to another worker */

mtype:place = { Queued, At, Ended };
mtype:outcome = { None, Result, Cancelled, TimedOut, Died };
mtype:word = { Free, Offered, Claimed, Revoked };
mtype:phase = { Gone, Starting, Serving, Leaving };

/* ---- Futures and calls. */
mtype:place place[N_CALLS] = Queued;
mtype:outcome outcome[N_CALLS] = None;
byte resolved[N_CALLS];
bool stop_asked[N_CALLS];
bool promised[N_CALLS];   /* cancel() has answered TRUE */
byte at[N_CALLS];         /* the worker that has it */
byte sending[N_CALLS];    /* from 1 */
byte n_retried[N_CALLS];
byte n_started[N_CALLS];  /* seen from above */
byte answered[N_CALLS];   /* seen from above: the sending that was answered */

/* ---- Workers. */
mtype:phase phase[N_WORKERS] = Gone;
mtype:word word[4] = Free;
byte generation[4];
bool alive[N_WORKERS];
bool settled[N_WORKERS] = true; /* the process has nothing left to do */
bool leave_asked[N_WORKERS];
bool condemned[N_WORKERS];
bool undying[N_WORKERS];   /* it was killed, and lives on; for one of them, once */
bool abandoned[N_WORKERS];
bool had_undying;

#define W(w, c) (2 * (w) + (c))

chan sent_0 = [4] of { byte, byte };
chan sent_1 = [4] of { byte, byte };
chan said_0 = [4] of { byte, byte };
chan said_1 = [4] of { byte, byte };

/* ---- The pool. */
bool closed;
bool killing;
bool ended;

#define HAS(w)     ((place[0] == At && at[0] == w) || (place[1] == At && at[1] == w))
#define IS_QUEUED  (place[0] == Queued || place[1] == Queued)

/* The claim of a future, and what the winner publishes. */
inline resolve (c, what)
{
  resolved[c]++;
  assert (resolved[c] == 1);
  outcome[c] = what
}

/* Nobody will run it any more. What is of no use any longer is forgotten, so that
 * there are fewer states. */
inline finish (c)
{
  d_step {
    place[c] = Ended;
    at[c] = 0;
    sending[c] = 0;
    answered[c] = 0
  }
}

/* cfut_pool_end_locked(): the claim, and a look whether somebody was told that the
 * call will be cancelled. */
inline end_call (c, what)
{
  if
  :: resolved[c] == 0 && stop_asked[c] -> resolve (c, Cancelled)
  :: resolved[c] == 0 && !stop_asked[c] -> resolve (c, what)
  :: resolved[c] > 0
  fi;
  finish (c)
}

/* A compare-and-swap on the call's word: @done. */
inline revoke (c, done)
{
  if
  :: word[W(at[c], c)] == Offered && generation[W(at[c], c)] == sending[c] ->
     word[W(at[c], c)] = Revoked;
     done = true
  :: else -> done = false
  fi
}

/* ---- A worker process. */
proctype Worker (byte w; chan calls; chan answers)
{
  byte c, g;
  bool runs;

end_top:
  do
  :: atomic {
       alive[w] && nempty (calls) ->
       calls ? c, g;
       runs = false;
       if
       :: word[W(w, c)] == Offered && generation[W(w, c)] == g ->
          assert (place[c] == At && at[c] == w); /* what was taken back never starts */
          word[W(w, c)] = Claimed;
          runs = true;
          n_started[c]++;
          assert (n_started[c] <= 1 + RETRIES (c))
       :: word[W(w, c)] == Revoked && generation[W(w, c)] == g ->
          word[W(w, c)] = Free;
          generation[W(w, c)] = 0
       :: else
       fi
     }
     if
     :: runs ->
        if
        :: atomic { alive[w] -> answered[c] = g; answers ! c, g }
        :: true ->
end_hang:  (!alive[w])
        fi
     :: else
     fi;
     d_step { c = 0; g = 0; runs = false }

  :: atomic { alive[w] && empty (calls) && leave_asked[w] -> alive[w] = false }

  :: atomic { !alive[w] && !settled[w] -> settled[w] = true }
  od
}

/* What befalls workers: a death, a lie. */
proctype Fate ()
{
  byte n_blows;

end_fate:
  do
  :: atomic { n_blows < N_BLOWS && alive[0] -> n_blows++; alive[0] = false }
  :: atomic { n_blows < N_BLOWS && alive[1] -> n_blows++; alive[1] = false }
  :: atomic {
       n_blows < N_BLOWS && place[1] == At && sending[1] > 1 && alive[at[1]] && nfull (said_0) && nfull (said_1) ->
       n_blows++;
       if
       :: at[1] == 0 -> said_0 ! 1, sending[1] - 1
       :: else -> said_1 ! 1, sending[1] - 1
       fi
     }
  od
}

/* A time-out; of one call will do. */
proctype Clock ()
{
  bool done;

end_clock:
  /* All of it under the lock. */
  atomic {
    if
    :: place[0] == At -> revoke (0, done)
    :: place[0] == Queued -> done = true
    fi;
    if
    :: resolved[0] == 0 && stop_asked[0] -> resolve (0, Cancelled)
    :: resolved[0] == 0 && !stop_asked[0] -> resolve (0, TimedOut)
    :: resolved[0] > 0
    fi;
    if
    :: done -> finish (0)
    :: else -> stop_asked[0] = true
    fi;
    done = false
  }
}

/* ---- The user's threads. */

#ifdef MUTANT_CHECK_REVOKE
#define LOOK_AT_WORD(c) \
  looked = place[c] == At && word[W (at[c], c)] == Offered && generation[W (at[c], c)] == sending[c]
#define TAKE_BACK(c) \
  if \
  :: looked && place[c] == At -> word[W (at[c], c)] = Revoked; done = true \
  :: else -> done = false \
  fi
#else
#define LOOK_AT_WORD(c) skip
#define TAKE_BACK(c) revoke (c, done)
#endif

#ifdef MUTANT_CHECK_SET
#define LOOK_AT_CLAIM(c) looked = resolved[c] == 0
#define IS_IN_TIME(c) looked
#else
#define LOOK_AT_CLAIM(c) skip
#define IS_IN_TIME(c) (resolved[c] == 0)
#endif

/* cancel() of a future: cfut_pool_cancel_job(). What waits, or was sent and has
 * not started, is cancelled at once; what runs is asked to stop. */
inline cancel (c)
{
  LOOK_AT_WORD (c);
  LOOK_AT_CLAIM (c);
  atomic {
    if
    :: place[c] == Queued -> done = true
    :: place[c] == At -> TAKE_BACK (c)
    :: place[c] == Ended -> done = false
    fi;
    if
    :: done ->
       if
       :: resolved[c] == 0 -> resolve (c, Cancelled); promised[c] = true
       :: else
       fi;
       finish (c)
    :: !done && IS_IN_TIME (c) -> stop_asked[c] = true; promised[c] = true
    :: else
    fi;
    done = false;
    looked = false
  }
}

proctype User ()
{
  bool done, looked;

  if
  :: true -> cancel (0)
  :: true -> cancel (1)
  :: true
  fi;

  closed = true;
  if
  :: ended
  :: true -> /* the time of the shutdown is over */
     cancel (0);
     cancel (1);
     killing = true
  fi;
  (ended)
}

/* ---- The manager's thread. */

inline start_worker (w)
{
  atomic {
    phase[w] == Gone && settled[w] && !abandoned[w] && !killing && IS_QUEUED &&
    (w == 0 || phase[0] != Gone || abandoned[0]) -> /* else it would be the same once more */
    phase[w] = Starting;
    settled[w] = false;
    alive[w] = true
  }
}

/* A slot that was revoked is not used before the worker has seen that. */
inline send_call (w, c, calls)
{
  atomic {
    phase[w] == Serving && place[c] == Queued && word[W(w, c)] == Free ->
    sending[c]++;
    generation[W(w, c)] = sending[c];
    word[W(w, c)] = Offered;
    place[c] = At;
    at[c] = w;
    calls ! c, sending[c]
  }
}

/* The worker has not started it for a while: another one may. */
inline unstall (w, c)
{
  atomic {
    place[c] == At && at[c] == w && sending[c] < N_SENDINGS &&
    word[W(w, c)] == Offered && generation[W(w, c)] == sending[c] ->
    word[W(w, c)] = Revoked;
    at[c] = 0;
    place[c] = Queued
  }
}

#ifdef MUTANT_STALE
#define MATCHES (place[c] == At && at[c] == w)
#else
#define MATCHES (place[c] == At && at[c] == w && sending[c] == g && word[W(w, c)] == Claimed)
#endif

inline read_answer (w, answers)
{
  atomic {
    phase[w] != Gone && !condemned[w] && nempty (answers) ->
    answers ? c, g;
    if
    :: MATCHES ->
       assert (sending[c] == g);
       word[W(w, c)] = Free;
       generation[W(w, c)] = 0;
       end_call (c, Result)
    :: else ->
       /* It broke the protocol: nothing that it says counts any more. */
       condemned[w] = true
    fi;
    c = 0;
    g = 0
  }
}

/* What becomes of call @c of the dead worker: see cfut_casualty_get_fate(). */
inline decide (w, c)
{
  if
  :: place[c] == At && at[c] == w ->
     assert (answered[c] != sending[c] || condemned[w]);
     started = word[W(w, c)] == Claimed && generation[W(w, c)] == sending[c];
     if
     :: stop_asked[c] || resolved[c] > 0 -> end_call (c, Died)
     :: else ->
        if
        :: killing && started -> end_call (c, Died)
        :: killing && !started -> end_call (c, Cancelled)
        :: !killing && !started -> place[c] = Queued; at[c] = 0
        :: !killing && started && n_retried[c] < RETRIES (c) ->
           n_retried[c]++;
           place[c] = Queued;
           at[c] = 0
        :: !killing && started && n_retried[c] == RETRIES (c) -> end_call (c, Died)
        fi
     fi;
     started = false
  :: else
  fi
}

#ifdef MUTANT_NO_DRAIN
#define IS_DRAINED(w, answers) true
#else
#define IS_DRAINED(w, answers) (empty (answers) || condemned[w])
#endif

inline bury (w, calls, answers)
{
  atomic {
    phase[w] != Gone && !alive[w] && settled[w] && IS_DRAINED (w, answers) ->
    decide (w, 0);
    decide (w, 1);
    do
    :: nempty (calls) -> calls ? c, g
    :: nempty (answers) -> answers ? c, g
    :: empty (calls) && empty (answers) -> break
    od;
    phase[w] = Gone;
    leave_asked[w] = false;
    condemned[w] = false;
    undying[w] = false;
    word[W(w, 0)] = Free;
    word[W(w, 1)] = Free;
    generation[W(w, 0)] = 0;
    generation[W(w, 1)] = 0;
    c = 0;
    g = 0
  }
}

#ifdef MUTANT_NO_REVOKE
#define REVOKE_SENT(w, c) skip
#else
#define REVOKE_SENT(w, c) \
  if \
  :: place[c] == At && at[c] == w -> revoke (c, started) \
  :: else \
  fi
#endif

/* It was killed and does not die: what it has started is over, and what it has not it
 * never will. What it goes on to say nobody hears. */
inline abandon (w, answers)
{
  atomic {
    phase[w] != Gone && undying[w] && IS_DRAINED (w, answers) ->
    REVOKE_SENT (w, 0);
    REVOKE_SENT (w, 1);
    decide (w, 0);
    decide (w, 1);
    started = false;
    phase[w] = Gone;
    abandoned[w] = true
  }
}

/* A call that was to stop has not: the grace is over. */
#define HAS_STUBBORN(w) ((place[0] == At && at[0] == w && stop_asked[0]) || \
                         (place[1] == At && at[1] == w && stop_asked[1]))

#ifdef MUTANT_NO_KILL
#define MUST_KILL(w) false
#else
#define MUST_KILL(w) (killing || HAS_STUBBORN (w))
#endif

inline attend (w, calls, answers)
{
  if
  :: start_worker (w)
  :: atomic { phase[w] == Starting && alive[w] -> phase[w] = Serving }
  :: send_call (w, 0, calls)
  :: send_call (w, 1, calls)
  :: unstall (w, 1) /* of one call will do */
  :: read_answer (w, answers)
  :: bury (w, calls, answers)
  :: atomic { phase[w] != Gone && alive[w] && !undying[w] && (condemned[w] || MUST_KILL (w)) -> alive[w] = false }
  :: atomic { phase[w] != Gone && alive[w] && !had_undying && (condemned[w] || MUST_KILL (w)) -> undying[w] = true; had_undying = true }
  :: abandon (w, answers)
  :: atomic {
       closed && !IS_QUEUED && !HAS (w) && (phase[w] == Starting || phase[w] == Serving) ->
       phase[w] = Leaving;
       leave_asked[w] = true
     }
  fi
}

proctype Manager ()
{
  byte c, g;
  bool started;

  do
  :: attend (0, sent_0, said_0)
  :: attend (1, sent_1, said_1)
  :: closed && place[0] == Ended && place[1] == Ended && phase[0] == Gone && phase[1] == Gone -> break
  od;

  assert (resolved[0] == 1 && resolved[1] == 1);
  assert (!promised[0] || outcome[0] == Cancelled);
  assert (!promised[1] || outcome[1] == Cancelled);
  ended = true
}

init
{
  atomic {
    run Manager ();
    run Worker (0, sent_0, said_0);
    run Worker (1, sent_1, said_1);
    run User ();
    run Clock ();
    run Fate ()
  }
}
