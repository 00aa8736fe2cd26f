/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Calls: a window that counts primes, on threads and on processes, and goes on
 * drawing meanwhile.
 *
 * Everything arrives in the main loop: the lists of calls are GListModels, the
 * progress of a call is a property to bind, and nothing here ever waits.
 *
 *   $ calls           a window to play with
 *   $ calls --at-once starts calls by itself, and ends when they have
 */

#include <cfut/cfut.h>
#include <gtk/gtk.h>

#define N_CALLS 3

typedef struct
{
  CfutExecutor *threads;   /* (owned) */
  CfutExecutor *processes; /* (owned) */

  GtkWindow *window;
  GtkProgressBar *bar;
  GtkWidget *cancel_button;
  GtkLabel *status;

  GPtrArray *futures; /* (owned) (element-type CfutFuture) not resolved yet */
  guint n_started;
  guint n_done;
  guint n_cancelled;

  /* The animation. */
  gint64 last_frame;    /* µs; 0 before the first */
  gint64 longest_frame; /* µs */
  guint n_frames;

  gboolean at_once;
} Calls;

/* Registers "count-primes": see primes-module.c. */
gboolean cfut_module_register (GError **error);

/* ---- The calls. */

static void
show_status (Calls *self)
{
  g_autofree char *text = g_strdup_printf ("%u of %u calls done, %u cancelled; %u frames, the longest took %.0f ms",
                                           self->n_done, self->n_started, self->n_cancelled,
                                           self->n_frames, self->longest_frame / 1000.0);
  gtk_label_set_label (self->status, text);
}

static void
call_ended_cb (CfutFuture *future,
               gpointer    user_data)
{
  Calls *self = user_data;

  if (cfut_future_get_state (future) == CFUT_FUTURE_STATE_CANCELLED)
    self->n_cancelled++;
  self->n_done++;
  g_ptr_array_remove (self->futures, future);

  gtk_progress_bar_set_fraction (self->bar, (double) self->n_done / self->n_started);
  gtk_widget_set_sensitive (self->cancel_button, self->futures->len > 0);
  show_status (self);

  if (self->at_once && self->futures->len == 0)
    {
      g_print ("%s\n", gtk_label_get_label (self->status));
      gtk_window_destroy (self->window);
    }
}

static void
start_calls (Calls        *self,
             CfutExecutor *executor,
             const char   *where)
{
  for (guint i = 1; i <= N_CALLS; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
      g_autofree char *name = g_strdup_printf ("%s: primes up to %u million", where, i);
      CfutFuture *future;

      cfut_submit_options_set_name (options, name);
      future = cfut_executor_submit_full (executor, "count-primes",
                                          g_variant_new ("(x)", (gint64) 1000000 * i),
                                          options, &error);
      if (future == NULL)
        {
          gtk_label_set_label (self->status, error->message);
          return;
        }

      self->n_started++;
      g_ptr_array_add (self->futures, future);
      cfut_future_add_done_callback (future, call_ended_cb, self, NULL);
    }

  gtk_widget_set_sensitive (self->cancel_button, TRUE);
}

static void
start_threads_cb (Calls *self)
{
  start_calls (self, self->threads, "thread");
}

static void
start_processes_cb (Calls *self)
{
  start_calls (self, self->processes, "process");
}

static void
cancel_cb (Calls *self)
{
  for (guint i = 0; i < self->futures->len; i++)
    cfut_future_cancel (g_ptr_array_index (self->futures, i));
}

/* ---- The list of calls. */

static gboolean
progress_to_fraction (GBinding     *binding,
                      const GValue *progress,
                      GValue       *fraction,
                      gpointer      user_data)
{
  g_value_set_double (fraction, MAX (g_value_get_double (progress), 0));
  return TRUE;
}

static gboolean
state_to_label (GBinding     *binding,
                const GValue *state,
                GValue       *label,
                gpointer      user_data)
{
  g_autoptr(GEnumClass) klass = g_type_class_ref (CFUT_TYPE_FUTURE_STATE);

  g_value_set_string (label, g_enum_get_value (klass, g_value_get_enum (state))->value_nick);
  return TRUE;
}

static void
row_setup_cb (GtkListItemFactory *factory,
              GtkListItem        *item)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *name = gtk_label_new (NULL);
  GtkWidget *bar = gtk_progress_bar_new ();
  GtkWidget *state = gtk_label_new (NULL);

  gtk_label_set_width_chars (GTK_LABEL (name), 28);
  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_widget_set_hexpand (bar, TRUE);
  gtk_widget_set_valign (bar, GTK_ALIGN_CENTER);
  gtk_label_set_width_chars (GTK_LABEL (state), 10);

  gtk_box_append (GTK_BOX (row), name);
  gtk_box_append (GTK_BOX (row), bar);
  gtk_box_append (GTK_BOX (row), state);
  gtk_list_item_set_child (item, row);
}

static void
row_bind_cb (GtkListItemFactory *factory,
             GtkListItem        *item)
{
  CfutFuture *future = gtk_list_item_get_item (item);
  GtkWidget *name = gtk_widget_get_first_child (gtk_list_item_get_child (item));
  GtkWidget *bar = gtk_widget_get_next_sibling (name);
  GtkWidget *state = gtk_widget_get_next_sibling (bar);
  g_autofree char *text = cfut_future_dup_name (future);
  GBinding *bindings[] = {
    g_object_bind_property_full (future, "progress", bar, "fraction", G_BINDING_SYNC_CREATE,
                                 progress_to_fraction, NULL, NULL, NULL),
    g_object_bind_property_full (future, "state", state, "label", G_BINDING_SYNC_CREATE,
                                 state_to_label, NULL, NULL, NULL),
  };

  gtk_label_set_label (GTK_LABEL (name), text);
  g_object_set_data (G_OBJECT (bar), "binding", bindings[0]);
  g_object_set_data (G_OBJECT (state), "binding", bindings[1]);
}

static void
row_unbind_cb (GtkListItemFactory *factory,
               GtkListItem        *item)
{
  GtkWidget *bar = gtk_widget_get_next_sibling (gtk_widget_get_first_child (gtk_list_item_get_child (item)));
  GtkWidget *state = gtk_widget_get_next_sibling (bar);

  g_binding_unbind (g_object_steal_data (G_OBJECT (bar), "binding"));
  g_binding_unbind (g_object_steal_data (G_OBJECT (state), "binding"));
}

/* The calls of both executors, one list after the other. */
static GtkWidget *
create_list (Calls *self)
{
  GListStore *lists = g_list_store_new (G_TYPE_LIST_MODEL);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GListModel *threads = cfut_executor_get_calls (self->threads);
  GListModel *processes = cfut_executor_get_calls (self->processes);
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GListModel *calls;

  g_list_store_append (lists, threads);
  g_list_store_append (lists, processes);
  calls = G_LIST_MODEL (gtk_flatten_list_model_new (G_LIST_MODEL (lists)));

  g_signal_connect (factory, "setup", G_CALLBACK (row_setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (row_bind_cb), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (row_unbind_cb), NULL);

  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled),
                                 gtk_list_view_new (GTK_SELECTION_MODEL (gtk_no_selection_new (calls)), factory));

  return scrolled;
}

/* ---- The animation: it shows that the main loop is never held up. */

static void
draw_cb (GtkDrawingArea *area,
         cairo_t        *cr,
         int             width,
         int             height,
         gpointer        user_data)
{
  Calls *self = user_data;
  double angle = self->last_frame / (double) G_USEC_PER_SEC * G_PI;

  cairo_translate (cr, width / 2.0, height / 2.0);
  for (int i = 0; i < 8; i++)
    {
      cairo_set_source_rgba (cr, 0.2, 0.5, 0.9, (i + 1) / 8.0);
      cairo_arc (cr, 18 * cos (angle + i * G_PI / 4), 18 * sin (angle + i * G_PI / 4), 5, 0, 2 * G_PI);
      cairo_fill (cr);
    }
}

static gboolean
tick_cb (GtkWidget     *area,
         GdkFrameClock *clock,
         gpointer       user_data)
{
  Calls *self = user_data;
  gint64 now = gdk_frame_clock_get_frame_time (clock);

  /* The first frames are those of a window that is being laid out. */
  if (self->n_frames++ > 10)
    self->longest_frame = MAX (self->longest_frame, now - self->last_frame);
  self->last_frame = now;

  gtk_widget_queue_draw (area);

  return G_SOURCE_CONTINUE;
}

/* ---- The window. */

static GtkWidget *
append_button (GtkWidget  *box,
               const char *label,
               GCallback   callback,
               Calls      *self)
{
  GtkWidget *button = gtk_button_new_with_label (label);

  g_signal_connect_swapped (button, "clicked", callback, self);
  gtk_box_append (GTK_BOX (box), button);

  return button;
}

static void
create_window (Calls          *self,
               GtkApplication *application)
{
  GtkWidget *window = gtk_application_window_new (application);
  GtkWidget *content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *buttons = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *area = gtk_drawing_area_new ();
  GtkWidget *bar = gtk_progress_bar_new ();
  GtkWidget *status = gtk_label_new ("Count primes on threads, on processes, or on both");

  self->window = GTK_WINDOW (window);
  self->bar = GTK_PROGRESS_BAR (bar);
  self->status = GTK_LABEL (status);

  append_button (buttons, "On threads", G_CALLBACK (start_threads_cb), self);
  append_button (buttons, "On processes", G_CALLBACK (start_processes_cb), self);
  self->cancel_button = append_button (buttons, "Cancel", G_CALLBACK (cancel_cb), self);
  gtk_widget_set_sensitive (self->cancel_button, FALSE);
  gtk_drawing_area_set_content_width (GTK_DRAWING_AREA (area), 48);
  gtk_drawing_area_set_content_height (GTK_DRAWING_AREA (area), 48);
  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (area), draw_cb, self, NULL);
  gtk_widget_add_tick_callback (area, tick_cb, self, NULL);
  gtk_box_append (GTK_BOX (buttons), area);

  gtk_widget_set_margin_top (content, 12);
  gtk_widget_set_margin_bottom (content, 12);
  gtk_widget_set_margin_start (content, 12);
  gtk_widget_set_margin_end (content, 12);
  gtk_box_append (GTK_BOX (content), buttons);
  gtk_box_append (GTK_BOX (content), bar);
  gtk_box_append (GTK_BOX (content), create_list (self));
  gtk_box_append (GTK_BOX (content), status);

  gtk_window_set_title (self->window, "Calls");
  gtk_window_set_default_size (self->window, 640, 420);
  gtk_window_set_child (self->window, content);
  gtk_window_present (self->window);
}

static void
activate_cb (GtkApplication *application,
             gpointer        user_data)
{
  Calls *self = user_data;

  create_window (self, application);
  if (self->at_once)
    {
      start_threads_cb (self);
      start_processes_cb (self);
    }
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GtkApplication) application = NULL;
  Calls self = { 0 };
  int status;

  cfut_module_register (NULL);
  cfut_init (&argc, &argv); /* a worker process serves here, and opens no window */

  self.at_once = argc == 2 && g_str_equal (argv[1], "--at-once");
  if (argc != 1 && !self.at_once)
    return g_printerr ("Usage: %s [--at-once]\n", argv[0]), 2;

  self.threads = cfut_thread_executor_new (2);
  self.processes = cfut_process_executor_new (2);
  self.futures = g_ptr_array_new_with_free_func (g_object_unref);

  application = gtk_application_new ("org.example.Calls", G_APPLICATION_NON_UNIQUE);
  g_signal_connect (application, "activate", G_CALLBACK (activate_cb), &self);
  status = g_application_run (G_APPLICATION (application), 1, argv);

  /* Nobody is left to see what comes of the calls. */
  cfut_executor_shutdown (self.threads, CFUT_SHUTDOWN_CANCEL, 0, NULL);
  cfut_executor_shutdown (self.processes, CFUT_SHUTDOWN_CANCEL, 0, NULL);

  g_clear_pointer (&self.futures, g_ptr_array_unref);
  g_clear_object (&self.threads);
  g_clear_object (&self.processes);

  return status;
}
