/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @file
 * @brief   Where events come from, one line for each thing that is as it should be
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "breaker.fc.h"
#include "brief.fc.h"
#include "deaf.fc.h"
#include "femto_boot.h"
#include "femto_runtime.h"
#include "femto_sched.h"
#include "femto_timer.h"
#include "latest.fc.h"
#include "poller.fc.h"
#include "sleeper.fc.h"
#include "spiteful.fc.h"
#include "stubborn.fc.h"
#include "switches.fc.h"
#include "thread.h"
#include "waiter.fc.h"
#include "ztimer.h"

#ifdef MODULE_FEMTOCONTAINER_GPIO
#include "femto_gpio.h"
FEMTO_HOOK(pin, FEMTO_HOOK_PIN);
FEMTO_PIN(button, pin, FEMTO_HOOK_PIN);
FEMTO_PROGRAM(latest_pin, LATEST);
#endif

FEMTO_HOOK(tick, FEMTO_HOOK_TICK);
FEMTO_TIMER(ticks, tick, FEMTO_HOOK_TICK);
FEMTO_HOOK(service, FEMTO_HOOK_SERVICE);
FEMTO_HOOK(short_hook, FEMTO_HOOK_SHORT);
FEMTO_HOOK(long_hook, FEMTO_HOOK_LONG);

FEMTO_PROGRAM(breaker, BREAKER);
FEMTO_PROGRAM(brief, BRIEF);
FEMTO_PROGRAM(deaf, DEAF);
FEMTO_PROGRAM(latest, LATEST);
FEMTO_PROGRAM(latest_boot, LATEST);
FEMTO_PROGRAM(poller, POLLER);
FEMTO_PROGRAM(sleeper, SLEEPER);
FEMTO_PROGRAM(spiteful, SPITEFUL);
FEMTO_PROGRAM(stubborn, STUBBORN);
FEMTO_PROGRAM(switches, SWITCHES);
FEMTO_PROGRAM(waiter, WAITER);
FEMTO_PROGRAM(waiter_2, WAITER);

static unsigned wrong;

static void expect(const char *what, int is, int wanted)
{
    if (is != wanted) {
        printf("WRONG: %s is %d, not %d\n", what, is, wanted);
        wrong++;
    }
}

static void about(const char *what, unsigned is, unsigned low, unsigned high)
{
    if (is < low || is > high) {
        printf("WRONG: %s is %u, not %u to %u\n", what, is, low, high);
        wrong++;
    }
}

static void section(const char *name)
{
    printf("%s: %s\n", name, wrong ? "WRONG" : "ok");
    wrong = 0;
    for (unsigned id = 0; id < FEMTO_CONTAINERS; id++) {
        femto_container_remove(id);
    }
}

static int put(const femto_program_t *program, unsigned tenant, unsigned hook)
{
    femto_refusal_t why;
    int id = femto_container_install(program, tenant);

    if (femto_container_attach(id, hook, &why) != 0) {
        femto_refusal_print(program->name, &why);
        wrong++;
    }
    return id;
}

/* What a container has in its memory, as numbers. */
static volatile uint32_t *memory(int id)
{
    return (volatile uint32_t *)(uintptr_t)femto_container_get(id)->instance.span[1].base;
}

static void *friend(void *arg)
{
    (void)arg;
    for (;;) {
        thread_sleep();
    }
    return NULL;
}

/* RIOT's scheduler has already chosen when it tells of a switch, so a worker of a
 * higher priority has to be asked for once more. Nothing else happens here that
 * would wake it up: no timer runs, and nobody sleeps. */
static void wake_up(kernel_pid_t friend_pid)
{
    const femto_queue_t *q = &femto_sched_queue;
    int id = put(&switches, FEMTO_TENANT_ACME, FEMTO_HOOK_SCHEDULER);
    uint8_t priority = q->worker->priority;
    unsigned late = 0;

    sched_change_priority(q->worker, THREAD_PRIORITY_MAIN - 2);
    for (int i = 0; i < 10; i++) {
        thread_wakeup(friend_pid); /* two switches, after the second main is back */
#ifdef __riscv
        thread_yield();            /* there it takes a system call, or an interrupt */
#endif
        late += q->head != q->tail;
    }
    sched_change_priority(q->worker, priority);
    expect("late", late, 0);
    expect("switches to friend", memory(id)[2 + friend_pid], 10);
    expect("switches to main", memory(id)[2 + thread_getpid()], 10);
    section("wake-up");
}

static void scheduler(void)
{
    static char stack[THREAD_STACKSIZE_DEFAULT];
    kernel_pid_t pid = thread_create(stack, sizeof(stack), THREAD_PRIORITY_MAIN - 1, 0, friend,
                                     NULL, "friend");
    uint32_t dropped = femto_sched_hook.dropped;
    int id = put(&switches, FEMTO_TENANT_ACME, FEMTO_HOOK_SCHEDULER);

    for (int i = 0; i < 100; i++) {
        thread_wakeup(pid);                 /* main, friend, main */
        ztimer_sleep(ZTIMER_MSEC, 4);       /* for the worker, and main again */
    }
    volatile uint32_t *seen = memory(id);
    expect("switches to friend", seen[2 + pid], 100);
    about("switches to main", seen[2 + thread_getpid()], 100, 201);
    expect("switches to the worker", seen[2 + femto_sched_queue.worker->pid], 0);
    expect("gaps", seen[0], 0);
    expect("dropped", femto_sched_hook.dropped - dropped, 0);

    for (int i = 0; i < 100; i++) {
        thread_wakeup(pid); /* and never let the worker run: its queue is full */
    }
    about("dropped", femto_sched_hook.dropped - dropped, 150, 200);
    ztimer_sleep(ZTIMER_MSEC, 4);
    femto_container_detach(id);
    uint32_t events = femto_sched_hook.events;
    for (int i = 0; i < 10; i++) {
        thread_wakeup(pid);
    }
    ztimer_sleep(ZTIMER_MSEC, 4);
    expect("events when detached", femto_sched_hook.events - events, 0);
    section("scheduler");
    wake_up(pid);
}

static void timers(void)
{
    int id = put(&latest, FEMTO_TENANT_ACME, FEMTO_HOOK_TICK);

    femto_timer_start(&ticks, 10);
    ztimer_sleep(ZTIMER_MSEC, 205);
    femto_timer_stop(&ticks);
    about("ticks", memory(id)[0], 15, 21);
    expect("number of the last tick", memory(id)[1], memory(id)[0]);
    section("timer");

    id = put(&latest_boot, FEMTO_TENANT_ACME, FEMTO_HOOK_BOOT);
    femto_boot();
    expect("boots", memory(id)[0], 1);
    about("time of the start", memory(id)[1], 1, 10000);
    section("boot");
}

static void pins(void)
{
#ifdef MODULE_FEMTOCONTAINER_GPIO
    static gpio_mock_t mock; /* RIOT's pin without a pin */
    gpio_t gpio = (gpio_t)&mock;
    int id = put(&latest_pin, FEMTO_TENANT_ACME, FEMTO_HOOK_PIN);

    expect("start", femto_pin_start(&button, gpio, GPIO_IN, GPIO_BOTH), 0);
    for (int level = 1; level >= 0; level--) {
        gpio_write(gpio, level);
        gpio->cb(gpio->arg);
        ztimer_sleep(ZTIMER_MSEC, 4);
        expect("level", memory(id)[1], level);
    }
    expect("changes", memory(id)[0], 2);
    for (int i = 0; i < 20; i++) {
        gpio->cb(gpio->arg);
    }
    ztimer_sleep(ZTIMER_MSEC, 4);
    expect("changes of which 8 wait", memory(id)[0], 10);
    expect("dropped", pin.dropped, 12);
    section("pin");
#endif
}

/* A hook fires at a bad time: a container that is to have a thread is on it, and
 * the thread is only being made. */
kernel_pid_t __real_thread_create(char *stack, int size, uint8_t priority, int flags,
                                  thread_task_func_t task, void *arg, const char *name);
kernel_pid_t __wrap_thread_create(char *stack, int size, uint8_t priority, int flags,
                                  thread_task_func_t task, void *arg, const char *name);

static unsigned made;

kernel_pid_t __wrap_thread_create(char *stack, int size, uint8_t priority, int flags,
                                  thread_task_func_t task, void *arg, const char *name)
{
    if (service.first != FEMTO_NONE && made++ == 0) {
        femto_hook_trigger(&service, NULL, 0, NULL);
    }
    return __real_thread_create(stack, size, priority, flags, task, arg, name);
}

static void threads(void)
{
    int id = put(&sleeper, FEMTO_TENANT_ACME, FEMTO_HOOK_SERVICE);

    expect("state", femto_container_state(id), FEMTO_STATE_RUNNING);
    ztimer_sleep(ZTIMER_MSEC, 205);
    about("rounds", memory(id)[0], 12, 21);
    volatile uint32_t *seen = memory(id);
    expect("stop", femto_container_detach(id), 0);
    expect("was told to stop", (int32_t)seen[1], -125);
    expect("state", femto_container_state(id), FEMTO_STATE_INSTALLED);
    expect("start again", femto_container_attach(id, FEMTO_HOOK_SERVICE, NULL), 0);
    ztimer_sleep(ZTIMER_MSEC, 35);
    about("rounds", memory(id)[0], 1, 4);
    section("sleeper");

    id = put(&waiter, FEMTO_TENANT_ACME, FEMTO_HOOK_SERVICE);
    int other = put(&waiter_2, FEMTO_TENANT_ACME, FEMTO_HOOK_SERVICE);
    for (uint32_t n = 1; n <= 10; n++) {
        expect("told", femto_hook_trigger(&service, &n, sizeof(n), NULL), 2);
        ztimer_sleep(ZTIMER_MSEC, 4);
    }
    expect("events", memory(id)[0], 10);
    expect("sum", memory(id)[1], 55);
    expect("sum of the other", memory(other)[1], 55);
    ztimer_sleep(ZTIMER_MSEC, 130);
    about("timeouts", memory(id)[2], 1, 3);
    uint64_t two = 1;
    femto_hook_trigger(&service, &two, sizeof(two), NULL);
    ztimer_sleep(ZTIMER_MSEC, 4);
    expect("too long an event", memory(id)[0], 11);
    uint32_t n = 0;
    uint32_t dropped = service.dropped;
    for (int i = 0; i < 10; i++) {
        femto_hook_trigger(&service, &n, sizeof(n), NULL);
    }
    expect("dropped, as 4 wait", service.dropped - dropped, 12);
    expect("threads that were made", made, 2);

    int third = femto_container_install(&sleeper, FEMTO_TENANT_ACME);
    expect("a third thread", femto_container_attach(third, FEMTO_HOOK_SERVICE, NULL),
           FEMTO_E_NO_THREAD);
    int guest = femto_container_install(&breaker, FEMTO_TENANT_GUEST);
    expect("the guest's own", femto_container_attach(guest, FEMTO_HOOK_SERVICE, NULL), 0);
    expect("to wait in a hook that must not", femto_container_attach(third, FEMTO_HOOK_SHORT, NULL),
           FEMTO_E_NOT_GRANTED);
    ztimer_sleep(ZTIMER_MSEC, 30);
    expect("state of the one that faults", femto_container_state(guest), FEMTO_STATE_FAULTED);
    femto_fault_t fault;
    expect("a record", femto_fault_get(0, &fault), true);
    expect("count", fault.count, CONFIG_FEMTOCONTAINER_FAULTS);
    section("waiter");

    id = put(&brief, FEMTO_TENANT_ACME, FEMTO_HOOK_SERVICE);
    ztimer_sleep(ZTIMER_MSEC, 5);
    expect("state", femto_container_state(id), FEMTO_STATE_ENDED);
    expect("restart", femto_container_restart(id), 0);
    ztimer_sleep(ZTIMER_MSEC, 5);
    expect("activations", femto_container_get(id)->activations, 1);
    expect("replace", femto_container_replace(id, &sleeper, NULL), 0);
    expect("state", femto_container_state(id), FEMTO_STATE_RUNNING);
    section("brief");
}

static void stubborn_ones(void)
{
    /* 100,000 fuel without a wait: a fault each, then it is detached */
    int id = put(&stubborn, FEMTO_TENANT_ACME, FEMTO_HOOK_SERVICE);
    for (int i = 0; i < 40 && femto_container_state(id) == FEMTO_STATE_RUNNING; i++) {
        ztimer_sleep(ZTIMER_MSEC, 100); /* engines under emulation are slow */
    }
    expect("state", femto_container_state(id), FEMTO_STATE_FAULTED);

    /* the guest's fuel is 100,000 a second: it can be stopped within a slice */
    int guest = femto_container_install(&stubborn, FEMTO_TENANT_GUEST);
    expect("attach", femto_container_attach(guest, FEMTO_HOOK_SERVICE, NULL), 0);
    ztimer_sleep(ZTIMER_MSEC, 20);
    uint32_t begin = ztimer_now(ZTIMER_USEC);
    expect("detach", femto_container_detach(guest), 0);
    about("time it took to stop, us", ztimer_now(ZTIMER_USEC) - begin, 0, 50000);

    id = put(&deaf, FEMTO_TENANT_ACME, FEMTO_HOOK_SERVICE);
    ztimer_sleep(ZTIMER_MSEC, 20);
    expect("state", femto_container_state(id), FEMTO_STATE_RUNNING);
    begin = ztimer_now(ZTIMER_USEC);
    expect("detach", femto_container_detach(id), 0);
    about("time it took to stop, us", ztimer_now(ZTIMER_USEC) - begin, 0, 50000);
    section("stubborn");
}

/* Triggers a hook, at a lower priority than who removes the container. */
static void *firing(void *arg)
{
    int id = (intptr_t)arg;

    while (femto_container_state(id) == FEMTO_STATE_ATTACHED) {
        femto_hook_trigger(&long_hook, NULL, 0, NULL);
    }
    return NULL;
}

/* Whatever a container does at the end, it can be taken away. */
static void spiteful_ones(void)
{
    int id = put(&spiteful, FEMTO_TENANT_ACME, FEMTO_HOOK_SERVICE);
    ztimer_sleep(ZTIMER_MSEC, 50);
    expect("state", femto_container_state(id), FEMTO_STATE_RUNNING);
    expect("faults", femto_container_get(id)->faults, 2);
    expect("replace", femto_container_replace(id, &sleeper, NULL), 0);
    expect("state", femto_container_state(id), FEMTO_STATE_RUNNING);
    expect("program", femto_container_program(femto_container_get(id)) == &sleeper, true);
    expect("remove", femto_container_remove(id), 0);

    id = put(&spiteful, FEMTO_TENANT_ACME, FEMTO_HOOK_SERVICE);
    ztimer_sleep(ZTIMER_MSEC, 50);
    expect("remove", femto_container_remove(id), 0);
    expect("state", femto_container_state(id), FEMTO_STATE_FREE);

    /* one that faults once too often while its removal waits for the hook */
    static char stack[THREAD_STACKSIZE_DEFAULT + 1024];
    id = put(&stubborn, FEMTO_TENANT_ACME, FEMTO_HOOK_LONG);
    thread_create(stack, sizeof(stack), THREAD_PRIORITY_MAIN + 1, 0, firing,
                  (void *)(intptr_t)id, "firing");
    for (int i = 0; i < 2000 && femto_container_get(id)->faults < 2; i++) {
        ztimer_sleep(ZTIMER_MSEC, 1);
    }
    ztimer_sleep(ZTIMER_MSEC, 1);
    expect("the hook runs", long_hook.runner != KERNEL_PID_UNDEF, true);
    expect("remove", femto_container_remove(id), 0);
    expect("state", femto_container_state(id), FEMTO_STATE_FREE);

    id = put(&breaker, FEMTO_TENANT_ACME, FEMTO_HOOK_SERVICE);
    ztimer_sleep(ZTIMER_MSEC, 50);
    expect("state", femto_container_state(id), FEMTO_STATE_FAULTED);
    expect("replace", femto_container_replace(id, &sleeper, NULL), 0);
    expect("state", femto_container_state(id), FEMTO_STATE_RUNNING);
    section("spiteful");
}

/* Fuel is for until the next wait, not until the next call that could wait. */
static void pollers(void)
{
    int id = put(&poller, FEMTO_TENANT_ACME, FEMTO_HOOK_SERVICE);

    for (int i = 0; i < 40 && femto_container_state(id) == FEMTO_STATE_RUNNING; i++) {
        ztimer_sleep(ZTIMER_MSEC, 100);
    }
    expect("state", femto_container_state(id), FEMTO_STATE_FAULTED);
    section("poller");
}

int main(void)
{
    timers();
    scheduler();
    pins();
    threads();
    stubborn_ones();
    spiteful_ones();
    pollers();
    puts("the end");
    return 0;
}
