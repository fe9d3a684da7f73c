/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @file
 * @brief   What hooks do, one line for each thing that is as it should be
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bound.fc.h"
#include "endless.fc.h"
#include "femto_runtime.h"
#include "irq.h"
#include "mark_1.fc.h"
#include "mark_2.fc.h"
#include "minus.fc.h"
#include "moody.fc.h"
#include "overrun.fc.h"
#include "plus.fc.h"
#include "spin.fc.h"
#include "talk.fc.h"
#include "thread.h"
#include "zero.fc.h"
#include "ztimer.h"

FEMTO_HOOK(all, FEMTO_HOOK_ALL);
FEMTO_HOOK(negative, FEMTO_HOOK_NEGATIVE);
FEMTO_HOOK(positive, FEMTO_HOOK_POSITIVE);
FEMTO_HOOK(single, FEMTO_HOOK_SINGLE);
FEMTO_HOOK(first, FEMTO_HOOK_FIRST);
FEMTO_HOOK(second, FEMTO_HOOK_SECOND);
FEMTO_HOOK(rate, FEMTO_HOOK_RATE);
FEMTO_HOOK(fuel, FEMTO_HOOK_FUEL);
FEMTO_HOOK(bucket, FEMTO_HOOK_BUCKET);
FEMTO_HOOK(fire, FEMTO_HOOK_FIRE);

FEMTO_PROGRAM(bound, BOUND);
FEMTO_PROGRAM(endless, ENDLESS);
FEMTO_PROGRAM(mark_1, MARK_1);
FEMTO_PROGRAM(mark_2, MARK_2);
FEMTO_PROGRAM(minus, MINUS);
FEMTO_PROGRAM(moody, MOODY);
FEMTO_PROGRAM(overrun, OVERRUN);
FEMTO_PROGRAM(plus, PLUS);
FEMTO_PROGRAM(spin, SPIN);
FEMTO_PROGRAM(talk, TALK);
FEMTO_PROGRAM(zero, ZERO);

static unsigned wrong;

static void expect(const char *what, int is, int wanted)
{
    if (is != wanted) {
        printf("WRONG: %s is %d, not %d\n", what, is, wanted);
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

static int put(const femto_program_t *program, unsigned hook)
{
    femto_refusal_t why;
    int id = femto_container_install(program, FEMTO_TENANT_ACME);

    if (femto_container_attach(id, hook, &why) != 0) {
        femto_refusal_print(program->name, &why);
        wrong++;
    }
    return id;
}

/* Triggers a hook whose containers count in the context, and return -1, 0, 1. */
static void counts(femto_hook_t *hook, unsigned ran, unsigned calls, int last)
{
    uint32_t n = 0;
    int64_t value = 99;

    expect("containers that returned", femto_hook_trigger(hook, &n, sizeof(n), &value), ran);
    expect("calls", n, calls);
    expect("value", (int)value, last);
}

static void policies(void)
{
    counts(&all, 0, 0, 99);
    put(&plus, FEMTO_HOOK_ALL);
    put(&minus, FEMTO_HOOK_ALL);
    put(&zero, FEMTO_HOOK_ALL);
    counts(&all, 3, 3, 0);
    section("continue");

    put(&plus, FEMTO_HOOK_NEGATIVE);
    put(&minus, FEMTO_HOOK_NEGATIVE);
    put(&zero, FEMTO_HOOK_NEGATIVE);
    counts(&negative, 2, 2, -1);
    section("stop on negative");

    put(&minus, FEMTO_HOOK_POSITIVE);
    put(&plus, FEMTO_HOOK_POSITIVE);
    put(&zero, FEMTO_HOOK_POSITIVE);
    counts(&positive, 2, 2, 1);
    section("stop on positive");

    put(&zero, FEMTO_HOOK_SINGLE);
    expect("second on single",
           femto_container_attach(femto_container_install(&plus, 0), FEMTO_HOOK_SINGLE, NULL),
           FEMTO_E_HOOK_FULL);
    counts(&single, 1, 1, 0);
    section("single");
}

static void refuses(const char *name, const femto_program_t *program, unsigned tenant,
                    unsigned hook, uint16_t code)
{
    femto_refusal_t why;
    int id = femto_container_install(program, tenant);

    femto_container_attach(id, hook, &why);
    femto_refusal_print(name, &why);
    expect(name, why.code, code);
    expect("state", femto_container_state(id), FEMTO_STATE_INSTALLED);
    femto_container_remove(id);
}

static void refusals(void)
{
    refuses("console", &talk, FEMTO_TENANT_GUEST, FEMTO_HOOK_ALL, FEMTO_E_NOT_GRANTED);
    refuses("other's hook", &zero, FEMTO_TENANT_GUEST, FEMTO_HOOK_SINGLE, FEMTO_E_HOOK_REFUSES);
    refuses("no such hook", &zero, FEMTO_TENANT_ACME, FEMTO_HOOK_ABSENT, FEMTO_E_NO_HOOK);
    refuses("number of no hook", &zero, FEMTO_TENANT_ACME, FEMTO_HOOKS, FEMTO_E_NO_HOOK);
    refuses("bound to others", &bound, FEMTO_TENANT_ACME, FEMTO_HOOK_ALL, FEMTO_E_NO_HOOK_ENTRY);

    femto_program_t broken = zero;
    broken.image_len--;
    refuses("cut off", &broken, FEMTO_TENANT_ACME, FEMTO_HOOK_ALL, FEMTO_E_TRUNCATED);

    for (unsigned i = 0; i < FEMTO_CONTAINERS; i++) {
        expect("install", femto_container_install(&zero, 0), i);
    }
    expect("one more", femto_container_install(&zero, 0), -FEMTO_E_TOO_MANY_CONTAINERS);
    expect("detach what is not attached", femto_container_detach(0), FEMTO_E_WRONG_STATE);
    femto_container_attach(0, FEMTO_HOOK_ALL, NULL);
    expect("attach twice", femto_container_attach(0, FEMTO_HOOK_FIRE, NULL), FEMTO_E_WRONG_STATE);
    expect("id out of range", femto_container_attach(FEMTO_CONTAINERS, 0, NULL),
           FEMTO_E_NO_CONTAINER);
    section("refusals");

    put(&bound, FEMTO_HOOK_FIRST);
    put(&bound, FEMTO_HOOK_SECOND);
    int64_t a = 0, b = 0;
    femto_hook_trigger(&first, NULL, 0, &a);
    femto_hook_trigger(&second, NULL, 0, &b);
    expect("entry of the first hook", (int)a, 1);
    expect("entry of the second hook", (int)b, 2);
    section("entry points");
}

static void faults(void)
{
    uint32_t n = 0;
    femto_fault_t fault;
    int id = put(&overrun, FEMTO_HOOK_ALL);
    int other = put(&plus, FEMTO_HOOK_ALL);

    for (int i = 0; i < 5; i++) {
        expect("only the other returns", femto_hook_trigger(&all, &n, sizeof(n), NULL), 1);
    }
    expect("state", femto_container_state(id), FEMTO_STATE_FAULTED);
    expect("state of the other", femto_container_state(other), FEMTO_STATE_ATTACHED);
    expect("a record", femto_fault_get(0, &fault), true);
    expect("code", fault.code, FEMTO_E_BAD_ACCESS);
    expect("address", fault.address, 0x04000004);
    expect("count", fault.count, CONFIG_FEMTOCONTAINER_FAULTS);
    expect("container", fault.container, id);
    expect("no other record", femto_fault_get(1, &fault), false);
    expect("restart", femto_container_restart(id), 0);
    femto_hook_trigger(&all, &n, sizeof(n), NULL);
    femto_fault_get(0, &fault);
    expect("count after restart", fault.count, CONFIG_FEMTOCONTAINER_FAULTS + 1);
    section("detached after faults");
    expect("forgotten with the container", femto_fault_get(0, &fault), false);

    /* data are as at first after a fault, and only faults in a row count */
    int64_t value = 0;
    id = put(&moody, FEMTO_HOOK_ALL);
    for (int i = 0; i < 12; i++) {
        uint32_t ctx = i % 3 != 2;
        femto_hook_trigger(&all, &ctx, sizeof(ctx), &value);
        expect("calls since the fault", (int)value, i < 2 ? 0 : 1);
    }
    expect("state", femto_container_state(id), FEMTO_STATE_ATTACHED);
    expect("faults", femto_container_get(id)->faults, 8);
    section("moody");

    id = put(&endless, FEMTO_HOOK_ALL);
    femto_hook_trigger(&all, &n, sizeof(n), NULL);
    expect("a record", femto_fault_get(0, &fault), true);
    expect("code", fault.code, FEMTO_E_OUT_OF_FUEL);
    section("endless");

    /* a container with many faults cannot push out the one of another tenant */
    id = femto_container_install(&endless, FEMTO_TENANT_GUEST);
    femto_container_attach(id, FEMTO_HOOK_ALL, NULL);
    femto_hook_trigger(&all, &n, sizeof(n), NULL);
    femto_container_detach(id);
    for (uint32_t ends = 100; ends < 104; ends++) {
        put(&overrun, FEMTO_HOOK_ALL);
        femto_hook_trigger(&all, &n, sizeof(n), NULL);
    }
    unsigned guest = 0;
    for (unsigned i = 0; i < CONFIG_FEMTOCONTAINER_FAULT_LOG; i++) {
        guest += femto_fault_get(i, &fault) && fault.tenant == FEMTO_TENANT_GUEST;
    }
    expect("records of the guest", guest, 1);
    section("log of faults");
}

static unsigned burst(femto_hook_t *hook, unsigned events, uint32_t rounds)
{
    unsigned ran = 0;

    for (unsigned i = 0; i < events; i++) {
        uint32_t n = rounds;
        ran += femto_hook_trigger(hook, &n, sizeof(n), NULL);
    }
    return ran;
}

static void about(const char *what, unsigned is, unsigned low, unsigned high)
{
    if (is < low || is > high) {
        printf("WRONG: %s is %u, not %u to %u\n", what, is, low, high);
        wrong++;
    }
}

static void limits(void)
{
    uint32_t skipped = femto_tenant_state[FEMTO_TENANT_ACME].skipped;

    put(&zero, FEMTO_HOOK_RATE);
    about("activations at once", burst(&rate, 100, 0), 10, 11);
    about("skipped", femto_tenant_state[FEMTO_TENANT_ACME].skipped - skipped, 89, 90);
    ztimer_sleep(ZTIMER_MSEC, 500);
    about("activations after half a second", burst(&rate, 100, 0), 4, 7);
    ztimer_sleep(ZTIMER_MSEC, 3000);
    about("activations after long", burst(&rate, 100, 0), 10, 11);
    section("activations per second");

    put(&spin, FEMTO_HOOK_FUEL); /* about 4 slots a round */
    about("runs at once", burst(&fuel, 100, 400), 7, 12);
    ztimer_sleep(ZTIMER_MSEC, 500);
    about("runs after half a second", burst(&fuel, 100, 400), 3, 7);
    section("fuel per second");

    int id = femto_container_install(&endless, FEMTO_TENANT_GUEST);
    unsigned ran = 0;
    for (int i = 0; i < 30; i++) {
        uint32_t n = 0;
        femto_container_attach(id, FEMTO_HOOK_BUCKET, NULL);
        femto_hook_trigger(&bucket, &n, sizeof(n), NULL);
        ran += n > 0;
    }
    about("runs of the guest", ran, 9, 16); /* 10,000 each, of 100,000 and half as much */
    put(&zero, FEMTO_HOOK_ALL);
    expect("the other tenant", burst(&all, 1, 0), 1);
    section("fuel of a tenant");
}

/* Fires with low priority; main changes the containers between any two of the
 * engine's instructions. */
static struct {
    volatile bool over;
    unsigned fired;
    unsigned seen[3];
    unsigned torn;
} shots;

static void *shoot(void *arg)
{
    (void)arg;
    while (!shots.over) {
        struct { uint32_t begun, rounds, ended; } ctx = { 0, 200, 0 };
        uint32_t ran = femto_hook_trigger(&fire, &ctx, sizeof(ctx), NULL);
        shots.fired++;
        shots.seen[ctx.ended]++;
        shots.torn += ctx.begun != ctx.ended || (ran != 0) != (ctx.ended != 0);
    }
    return NULL;
}

static void under_fire(void)
{
    static char stack[THREAD_STACKSIZE_DEFAULT + 1024];
    static const femto_program_t *const programs[] = { &mark_1, &mark_2 };
    femto_program_t shared = mark_1; /* two images that share their RAM */
    unsigned changes = 0;
    int id = put(programs[0], FEMTO_HOOK_FIRE);

    thread_create(stack, sizeof(stack), THREAD_PRIORITY_MAIN + 1, 0, shoot, NULL, "shoot");
    for (unsigned i = 1; i <= 300; i++) {
        ztimer_sleep(ZTIMER_USEC, 500 + 37 * (i % 13));
        changes += femto_container_replace(id, programs[i % 2], NULL) == 0;
    }
    expect("replaced", changes, 300);
    expect("lost", shots.seen[0], 0);
    expect("torn", shots.torn, 0);
    expect("both ran", shots.seen[1] > 10 && shots.seen[2] > 10, true);
    shared.ram = mark_2.ram;
    expect("replaced in the same RAM", femto_container_replace(id, &shared, NULL), 0);

    for (unsigned i = 0; i < 100; i++) {
        ztimer_sleep(ZTIMER_USEC, 500 + 41 * (i % 11));
        femto_container_detach(id);
        unsigned before = shots.seen[1] + shots.seen[2];
        ztimer_sleep(ZTIMER_USEC, 300);
        about("activations while detached", shots.seen[1] + shots.seen[2] - before, 0, 1);
        expect("attached again", femto_container_attach(id, FEMTO_HOOK_FIRE, NULL), 0);
    }
    femto_program_t broken = mark_2;
    broken.image_len = 40;
    expect("broken", femto_container_replace(id, &broken, NULL), FEMTO_E_TRUNCATED);
    unsigned before = shots.seen[1];
    ztimer_sleep(ZTIMER_MSEC, 20);
    expect("the old one still runs", shots.seen[1] > before, true);
    shots.over = true;
    ztimer_sleep(ZTIMER_MSEC, 20);
    expect("torn", shots.torn, 0);
    printf("%u events\n", shots.fired);
    section("replaced under fire");
}

static void from_interrupt(void *arg)
{
    *(uint32_t *)arg = 1 + femto_hook_trigger(&all, NULL, 0, NULL);
}

static void interrupts(void)
{
    static uint32_t ran;
    ztimer_t timer = { .callback = from_interrupt, .arg = &ran };
    uint32_t dropped = all.dropped;

    put(&zero, FEMTO_HOOK_ALL);
    ztimer_set(ZTIMER_USEC, &timer, 1000);
    ztimer_sleep(ZTIMER_MSEC, 5);
    expect("called, and nothing ran", ran, 1);
    expect("dropped", all.dropped - dropped, 1);
    section("not in an interrupt");
}

int main(void)
{
    policies();
    refusals();
    faults();
    limits();
    under_fire();
    interrupts();
    puts("the end");
    return 0;
}
