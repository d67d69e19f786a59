# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
#
# Where a lab is not what conf/ makes of a real machine; dev/lab reads this with ".". Uses $dir,
# $format and the *_port variables.

# Files of conf/ name the places of a real machine; here they are the lab's.
relocate() {
    sed -e "s|/etc/dovecot/conf.d|$dir/dovecot|g" \
        -e "s|/var/lib/boxkeeper|$dir/data|g" \
        -e "s|/var/spool/postfix|$dir/queue|g" \
        -e "s|boxkeeper-maildir.conf.ext|boxkeeper-$format.conf.ext|" \
        -e "s|127.0.0.1:10587|127.0.0.1:$loopback_port|g" \
        -e "s|127.0.0.1:10588|127.0.0.1:$forward_port|g" \
        -e "s|\[127.0.0.1\]:10588|[127.0.0.1]:$forward_port|g" \
        -e "s|127.0.0.1:10001|127.0.0.1:$srs_port|g" \
        -e "s|127.0.0.1:10002|127.0.0.1:$unsrs_port|g" \
        -e "s|^submission inet|127.0.0.1:$submission_port inet|" \
        -e '/^# The same with TLS from the start/,/^$/d'
}

# dovecot_begin SERIES: before conf/dovecot-SERIES, which on a real machine Debian's dovecot.conf
# includes.
dovecot_begin() {
    case $1 in
    2.3) ;;
    *)
        echo 'dovecot_config_version = 2.4.0'
        echo 'dovecot_storage_version = 2.4.0'
        ;;
    esac
}

# Plaintext logins are allowed, STARTTLS is offered with a certificate of the lab's own.
dovecot_tls() {
    case $1 in
    2.3)
        cat <<END
ssl = yes
ssl_cert = <$dir/tls/certificate.pem
ssl_key = <$dir/tls/key.pem
disable_plaintext_auth = no
END
        ;;
    *)
        cat <<END
ssl = yes
ssl_server_cert_file = $dir/tls/certificate.pem
ssl_server_key_file = $dir/tls/key.pem
auth_allow_cleartext = yes
END
        ;;
    esac
}

# dovecot_differences SERIES: after conf/dovecot-SERIES.
dovecot_differences() {
    dovecot_tls "$1"
    cat <<END
base_dir = $dir/run/dovecot
state_dir = $dir/run/dovecot-state
log_path = $dir/log/mail.log
auth_verbose = yes
listen = 127.0.0.1

# Tests log in often, from one address, and with wrong passwords.
auth_failure_delay = 0
mail_max_userip_connections = 1000
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}

service imap-login {
  inet_listener imap {
    port = $imap_port
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = $pop3_port
  }
  inet_listener pop3s {
    port = 0
  }
}
service managesieve-login {
  inet_listener sieve {
    port = $sieve_port
  }
}
service lmtp {
  inet_listener lmtp {
    port = $lmtp_port
  }
}

# For a test that needs another setting: write it there and restart the lab's Dovecot.
!include_try $dir/dovecot/local.conf
END
}

# After conf/postfix/main.cf.
postfix_main_differences() {
    cat <<END
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/run/postfix-data
maillog_file = $dir/log/mail.log
maillog_file_prefixes = $dir/log
syslog_name = postfix
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =

# The lab's host receives nothing under its own name, and whoever comes to port 25 is a stranger.
myhostname = lab.example
mydestination = srs.lab.example
local_recipient_maps = inline:{ { nobody@srs.lab.example = nobody } }
mynetworks =
smtpd_peername_lookup = no
smtpd_tls_security_level = none
smtpd_tls_chain_files = $dir/tls/key.pem, $dir/tls/certificate.pem

# Everything else in the world is one server.
relayhost = [127.0.0.1]:$outside_port
disable_dns_lookups = yes
smtp_tls_security_level = none

# Retries after a second; nobody is slowed down or cut off for his errors.
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
transport_retry_time = 1s
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 10000
smtpd_hard_error_limit = 10000
smtpd_client_connection_count_limit = 0
in_flow_delay = 0

# What counts is the size that an account can take.
message_size_limit = 209715200
END
}

# After Debian's master.cf and conf/postfix/master.cf: arguments for postconf -P. On submission,
# login without TLS is possible and STARTTLS is offered.
postfix_master_differences() {
    echo "127.0.0.1:$submission_port/inet/smtpd_tls_security_level=may"
    echo "127.0.0.1:$submission_port/inet/smtpd_tls_auth_only=no"
}
