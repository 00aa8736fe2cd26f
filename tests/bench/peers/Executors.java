/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;

/*
 * Java's executors: java Executors pool|fork-join MEASURE WORKERS SIZE
 *
 * The measures are those of the programs in C, and print the same. Each is
 * run before it is measured, until the compiler had its time.
 */
public class Executors
{
  private static final int BOUND = 4096;
  private static final int N_WARM_UPS = 5;

  private static ExecutorService
  open (String name, int workers)
  {
    return name.equals ("pool") ? java.util.concurrent.Executors.newFixedThreadPool (workers)
                                : new ForkJoinPool (workers);
  }

  private static void
  show (String name, double value)
  {
    System.out.println (name + " " + value);
  }

  private static double
  runAllAtOnce (ExecutorService pool, int size) throws Exception
  {
    Future<?>[] futures = new Future<?>[size];
    long begin = System.nanoTime ();
    long sum = 0;

    for (int i = 0; i < size; i++)
      {
        long argument = i;
        futures[i] = pool.submit (() -> argument + 1);
      }
    for (int i = 0; i < size; i++)
      sum += (Long) futures[i].get ();
    if (sum != (long) size * (size + 1) / 2)
      throw new AssertionError (sum);

    return size * 1e9 / (System.nanoTime () - begin);
  }

  private static double
  runBounded (ExecutorService pool, int size) throws Exception
  {
    Future<?>[] futures = new Future<?>[BOUND];
    Callable<Long> empty = () -> 0L;
    long begin = System.nanoTime ();

    for (int i = 0; i < size; i++)
      {
        if (i >= BOUND)
          futures[i % BOUND].get ();
        futures[i % BOUND] = pool.submit (empty);
      }
    for (Future<?> future : futures)
      {
        if (future != null)
          future.get ();
      }

    return size * 1e9 / (System.nanoTime () - begin);
  }

  private static double[]
  runRoundTrips (ExecutorService pool, int size) throws Exception
  {
    double[] samples = new double[size];

    for (int i = 0; i < size; i++)
      {
        long argument = i;
        long begin = System.nanoTime ();

        pool.submit (() -> argument + 1).get ();
        samples[i] = (System.nanoTime () - begin) / 1e3;
      }
    Arrays.sort (samples);

    return samples;
  }

  private static long
  getUsed ()
  {
    Runtime runtime = Runtime.getRuntime ();

    for (int i = 0; i < 3; i++)
      System.gc ();

    return runtime.totalMemory () - runtime.freeMemory ();
  }

  private static void
  runQueued (ExecutorService pool, int workers, int size) throws Exception
  {
    CountDownLatch gate = new CountDownLatch (1);
    Future<?>[] futures = new Future<?>[size];

    for (int i = 0; i < workers; i++)
      pool.submit (() -> { gate.await (); return 0L; });

    long before = getUsed ();
    for (int i = 0; i < size; i++)
      {
        long argument = i;
        futures[i] = pool.submit (() -> argument + 1);
      }
    show ("bytes_per_call", (getUsed () - before) / (double) size);

    long begin = System.nanoTime ();
    for (Future<?> future : futures)
      future.cancel (false);
    show ("cancel_ns", (System.nanoTime () - begin) / (double) size);
    gate.countDown ();
  }

  public static void
  main (String[] arguments) throws Exception
  {
    int workers = Integer.parseInt (arguments[2]);
    int size = Integer.parseInt (arguments[3]);
    ExecutorService pool = open (arguments[0], workers);

    switch (arguments[1])
      {
      case "burst":
      case "burst-increment":
        for (int i = 0; i < N_WARM_UPS; i++)
          runAllAtOnce (pool, size);
        show ("calls_per_s", runAllAtOnce (pool, size));
        break;
      case "bounded":
        for (int i = 0; i < N_WARM_UPS; i++)
          runBounded (pool, size);
        show ("calls_per_s", runBounded (pool, size));
        break;
      case "dense":
        runRoundTrips (pool, size);
        double[] samples = runRoundTrips (pool, size);
        show ("median_us", samples[size / 2]);
        show ("p99_us", samples[size - 1 - size / 100]);
        break;
      case "memory":
      case "cancel":
        runQueued (pool, workers, size);
        break;
      default:
        throw new IllegalArgumentException (arguments[1]);
      }
    pool.shutdown ();
  }
}
