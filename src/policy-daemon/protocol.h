/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What the room src/policy-daemon is: a unix socket server that Postfix asks (boxkeeperd). It
 * parses a request, has src/rules decide over what src/store reads, and formats the answer; it
 * holds no rule of its own. From the outside in:
 *
 *   main, privileges, sockets   start, sockets below Postfix's queue folder, user boxkeeper
 *   server                      connections: limits of time, number and memory; knows no protocol
 *   policy_protocol, socketmap_protocol   bytes to requests and back; pure
 *   answers                     requests to answers, by the rules
 *   snapshot                    the databases as one loop turn sees them
 *   warnings, warning-queue     whom to tell that a mailbox fills up; by mail over mta
 *
 * May include rules/ and store/ headers, libevent and libsystemd; not sqlite3.h, not lib.h.
 *
 * Here: how a parser says what it found. A parser gets all bytes that were not used yet and looks
 * at them anew each time; it keeps nothing. That costs nothing worth saving: a request has at most
 * 64 KiB and almost always comes whole.
 */
#ifndef BK_POLICY_DAEMON_PROTOCOL_H
#define BK_POLICY_DAEMON_PROTOCOL_H

enum bk_protocol_result {
    BK_PROTOCOL_MORE = 1,  /* so far so good, not complete */
    BK_PROTOCOL_REQUEST,   /* complete: the request is filled in, and the bytes used are told */
    BK_PROTOCOL_VIOLATION, /* can never become a request: close the connection */
};

#endif
