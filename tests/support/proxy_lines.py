"""Lines that real proxies wrote, and what they hold.

``STORY``: requests of one afternoon, sent through every proxy: one with an agent full of quotes that holds another
request, one with a path that is not ASCII, one over IPv6, and one that began on Sunday and ended on Monday.
``ODD``: odd requests.
"""
# ruff: noqa: E501, W291 - the lines of a log are as long as they are, and those of HAProxy may end in a blank

from __future__ import annotations

from typing import Any, Final

STORY: Final = {
    "haproxy_httplog": r"""
192.0.2.44:51031 [01/Mar/2026:23:59:52.001] http-in airflow-web/web1 0/0/1/1/2 401 213 - - ---- 3/1/2/2/0 0/0 {weird #22quoted#22 \back\slash#09tab #C3#A9 #22POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1#22 200|} "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1"
198.51.100.23:43763 [01/Mar/2026:23:59:56.001] http-in airflow-web/web1 0/0/1/5/6 403 186 - - ---- 3/1/2/2/0 0/0 {python-requests/2.31.0|} "POST /api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1"
2001:db8::17:38239 [01/Mar/2026:23:59:57.001] http-in airflow-web/web1 0/0/0/7/7 200 177 - - ---- 2/1/1/1/0 0/0 {OpenAPI-Generator/1.0.0/python|} "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1"
192.0.2.44:60015 [01/Mar/2026:23:59:59.900] http-in airflow-web/web1 0/0/0/303/303 401 214 - - ---- 3/1/2/2/0 0/0 {curl/8.5.0|} "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1"
""",
    "haproxy_clf": r"""
192.0.2.44 - - [01/Mar/2026:23:59:52 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 213 "" "" 47655 850 "clf-in" "airflow-web" "web1" 0 0 0 1 1 ---- 1 1 0 0 0 0 0 "" "" 
198.51.100.23 - - [01/Mar/2026:23:59:56 +0000] "POST /api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1" 403 186 "" "" 58601 850 "clf-in" "airflow-web" "web1" 0 0 1 5 6 ---- 2 1 1 1 0 0 0 "" "" 
2001:db8::17 - - [01/Mar/2026:23:59:57 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 200 177 "" "" 51197 850 "clf-in" "airflow-web" "web1" 0 0 0 7 7 ---- 3 1 2 2 0 0 0 "" "" 
192.0.2.44 - - [01/Mar/2026:23:59:59 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 214 "" "" 49313 750 "clf-in" "airflow-web" "web1" 0 0 0 303 303 ---- 1 1 0 0 0 0 0 "" "" 
""",
    "envoy_default": r"""
[2026-03-01T23:59:52.000Z] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 - 12 40 2 2 "192.0.2.44" "weird "quoted" \back\slash	tab é "POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1" 200" "c552fb3d-a591-4541-ba44-1bde14edf911" "airflow.example.com" "203.0.113.200:9000"
[2026-03-01T23:59:56.000Z] "POST /api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1" 403 - 12 37 2 1 "198.51.100.23" "python-requests/2.31.0" "e5b0a948-73f0-4901-ac55-c11afa94ab7c" "airflow.example.com" "203.0.113.200:9000"
[2026-03-01T23:59:57.000Z] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 200 - 12 34 0 0 "2001:db8::17" "OpenAPI-Generator/1.0.0/python" "bc46253b-c721-4cbd-b4c3-8a23d79573a8" "airflow.example.com" "203.0.113.200:9000"
[2026-03-01T23:59:59.901Z] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 - 12 40 301 301 "192.0.2.44" "curl/8.5.0" "0d0055dc-01ee-49b3-a931-27cec156ff14" "airflow.example.com" "203.0.113.200:9000"
""",
    "istio_envoy_default": r"""
[2026-03-01T23:59:52.000Z] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 - via_upstream - "-" 12 40 2 2 "192.0.2.44" "weird "quoted" \back\slash	tab é "POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1" 200" "e36a1fcb-a2b7-4a2a-933f-ce72788262bf" "airflow.example.com" "203.0.113.200:9000" airflow 203.0.113.200:58298 203.0.113.200:8061 192.0.2.44:50443 - -
[2026-03-01T23:59:56.001Z] "POST /api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1" 403 - via_upstream - "-" 12 37 0 0 "198.51.100.23" "python-requests/2.31.0" "18b07042-f9ea-4254-9f87-e3a06b3bf7cd" "airflow.example.com" "203.0.113.200:9000" airflow 203.0.113.200:58338 203.0.113.200:8061 198.51.100.23:47379 - -
[2026-03-01T23:59:57.000Z] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 200 - via_upstream - "-" 12 34 1 1 "2001:db8::17" "OpenAPI-Generator/1.0.0/python" "28b65275-2c8a-471d-b6a0-69c14d9ef843" "airflow.example.com" "203.0.113.200:9000" airflow 203.0.113.200:58338 [2001:db8::1]:8061 [2001:db8::17]:51553 - -
[2026-03-01T23:59:59.900Z] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 - via_upstream - "-" 12 40 306 306 "192.0.2.44" "curl/8.5.0" "6e99e264-88c5-4574-8147-e127fb4cad78" "airflow.example.com" "203.0.113.200:9000" airflow 203.0.113.200:58338 203.0.113.200:8061 192.0.2.44:50171 - -
""",
    "traefik_clf": r"""
192.0.2.44 - - [01/Mar/2026:23:59:52 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 40 "-" "-" 4 "airflow@file" "http://203.0.113.200:9000" 1ms
198.51.100.23 - - [01/Mar/2026:23:59:56 +0000] "POST /api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1" 403 37 "-" "-" 9 "airflow@file" "http://203.0.113.200:9000" 4ms
2001:db8::17 - - [01/Mar/2026:23:59:57 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 200 34 "-" "-" 10 "airflow@file" "http://203.0.113.200:9000" 4ms
192.0.2.44 - - [01/Mar/2026:23:59:59 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 40 "-" "-" 12 "airflow@file" "http://203.0.113.200:9000" 310ms
""",
    "alb_access": r"""
https 2026-03-01T23:59:52.002000Z app/airflow-alb/50dc6c495c0c9188 192.0.2.44:40004 10.0.1.11:8080 0.000 0.001 0.000 401 401 512 204 "POST https://airflow.example.com:443/api/v1/dags/etl_daily/dagRuns HTTP/1.1" "weird \x22quoted\x22 \x5cback\x5cslash\x09tab \xc3\xa9 \x22POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1\x22 200" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/airflow/73e2d6bc24d8a067 "Root=1-65e26fc4-36d228ad5d99923122bbe354" "airflow.example.com" "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" 0 2026-03-01T23:59:52.000000Z "forward" "-" "-" "10.0.1.11:8080" "401" "-" "-" TID_1234abcd5678ef94
https 2026-03-01T23:59:56.002000Z app/airflow-alb/50dc6c495c0c9188 198.51.100.23:40009 10.0.1.11:8080 0.000 0.001 0.000 403 403 512 209 "POST https://airflow.example.com:443/api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1" "python-requests/2.31.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/airflow/73e2d6bc24d8a067 "Root=1-65e26fc9-36d228ad5d99923122bbe354" "airflow.example.com" "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" 0 2026-03-01T23:59:56.000000Z "forward" "-" "-" "10.0.1.11:8080" "403" "-" "-" TID_1234abcd5678ef99
https 2026-03-01T23:59:57.002000Z app/airflow-alb/50dc6c495c0c9188 2001:db8::17:40010 10.0.1.11:8080 0.000 0.001 0.000 200 200 512 210 "POST https://airflow.example.com:443/api/v1/dags/etl_daily/dagRuns HTTP/1.1" "OpenAPI-Generator/1.0.0/python" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/airflow/73e2d6bc24d8a067 "Root=1-65e26fca-36d228ad5d99923122bbe354" "airflow.example.com" "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" 0 2026-03-01T23:59:57.000000Z "forward" "-" "-" "10.0.1.11:8080" "200" "-" "-" TID_1234abcd5678ef9a
https 2026-03-02T00:00:00.202000Z app/airflow-alb/50dc6c495c0c9188 192.0.2.44:40012 10.0.1.11:8080 0.000 0.301 0.000 401 401 512 212 "POST https://airflow.example.com:443/api/v1/dags/etl_daily/dagRuns HTTP/1.1" "curl/8.5.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/airflow/73e2d6bc24d8a067 "Root=1-65e26fcc-36d228ad5d99923122bbe354" "airflow.example.com" "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" 0 2026-03-01T23:59:59.900000Z "forward" "-" "-" "10.0.1.11:8080" "401" "-" "-" TID_1234abcd5678ef9c
""",
    "ingress_nginx": r"""
192.0.2.44 - mallory [01/Mar/2026:23:59:52 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 40 "-" "weird \x22quoted\x22 \x5Cback\x5Cslash\x09tab \xC3\xA9 \x22POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1\x22 200" 360 0.003 [airflow-airflow-webserver-8080] [] 203.0.113.200:9000 40 0.002 401 93226a4799899ac36a8fd1f35acd6462
198.51.100.23 - bob [01/Mar/2026:23:59:56 +0000] "POST /api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1" 403 37 "-" "python-requests/2.31.0" 296 0.006 [airflow-airflow-webserver-8080] [] 203.0.113.200:9000 37 0.006 403 6339dac5a4870eac547c276a43005810
2001:db8::17 - svc-etl [01/Mar/2026:23:59:57 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 200 34 "-" "OpenAPI-Generator/1.0.0/python" 308 0.009 [airflow-airflow-webserver-8080] [] 203.0.113.200:9000 34 0.008 200 581e62b473d80632ff1a5e7c9a013f52
192.0.2.44 - - [02/Mar/2026:00:00:00 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 40 "-" "curl/8.5.0" 251 0.304 [airflow-airflow-webserver-8080] [] 203.0.113.200:9000 40 0.302 401 ef79db0a32877ce860565f7515e94d8f
""",
    "apache_common": r"""
192.0.2.44 - - [01/Mar/2026:23:59:52 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 40
198.51.100.23 - - [01/Mar/2026:23:59:56 +0000] "POST /api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1" 403 37
2001:db8::17 - - [01/Mar/2026:23:59:57 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 200 34
192.0.2.44 - - [01/Mar/2026:23:59:59 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 40
""",
    "apache_vhost_combined": r"""
airflow.example.com:80 192.0.2.44 - - [01/Mar/2026:23:59:52 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 241 "-" "weird \"quoted\" \\back\\slash\ttab \xc3\xa9 \"POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1\" 200"
airflow.example.com:80 198.51.100.23 - - [01/Mar/2026:23:59:56 +0000] "POST /api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1" 403 210 "-" "python-requests/2.31.0"
airflow.example.com:80 2001:db8::17 - - [01/Mar/2026:23:59:57 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 200 201 "-" "OpenAPI-Generator/1.0.0/python"
airflow.example.com:80 192.0.2.44 - - [01/Mar/2026:23:59:59 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 242 "-" "curl/8.5.0"
""",
    "nginx_combined": r"""
192.0.2.44 - mallory [01/Mar/2026:23:59:52 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 40 "-" "weird \x22quoted\x22 \x5Cback\x5Cslash\x09tab \xC3\xA9 \x22POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1\x22 200"
198.51.100.23 - bob [01/Mar/2026:23:59:56 +0000] "POST /api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1" 403 37 "-" "python-requests/2.31.0"
2001:db8::17 - svc-etl [01/Mar/2026:23:59:57 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 200 34 "-" "OpenAPI-Generator/1.0.0/python"
192.0.2.44 - - [02/Mar/2026:00:00:00 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 40 "-" "curl/8.5.0"
""",
    "nginx_escape_none": r"""
192.0.2.44 - mallory [01/Mar/2026:23:59:52 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 40 "" "weird "quoted" \back\slash	tab é "POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1" 200"
198.51.100.23 - bob [01/Mar/2026:23:59:56 +0000] "POST /api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1" 403 37 "" "python-requests/2.31.0"
2001:db8::17 - svc-etl [01/Mar/2026:23:59:57 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 200 34 "" "OpenAPI-Generator/1.0.0/python"
192.0.2.44 -  [02/Mar/2026:00:00:00 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 40 "" "curl/8.5.0"
""",
    "apache_combined": r"""
192.0.2.44 - - [01/Mar/2026:23:59:52 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 241 "-" "weird \"quoted\" \\back\\slash\ttab \xc3\xa9 \"POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1\" 200"
198.51.100.23 - - [01/Mar/2026:23:59:56 +0000] "POST /api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1" 403 210 "-" "python-requests/2.31.0"
2001:db8::17 - - [01/Mar/2026:23:59:57 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 200 201 "-" "OpenAPI-Generator/1.0.0/python"
192.0.2.44 - - [01/Mar/2026:23:59:59 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 242 "-" "curl/8.5.0"
""",
    "cloudfront": r"""
2026-03-01	23:59:52	FRA56-P4	304	192.0.2.44	POST	d111111abcdef8.cloudfront.net	/api/v1/dags/etl_daily/dagRuns	401	-	weird%20%22quoted%22%20%5Cback%5Cslash%09tab%20%C3%A9%20%22POST%20/api/v1/dags/fake_dag/dagRuns%20HTTP/1.1%22%20200	-	-	Error	SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiN04==	airflow.example.com	https	500	0.003	-	TLSv1.3	TLS_AES_128_GCM_SHA256	Error	HTTP/1.1	-	-	40004	0.002	Error	application/json	34	-	-
2026-03-01	23:59:56	FRA56-P4	309	198.51.100.23	POST	d111111abcdef8.cloudfront.net	/api/v1/dags/caf%25C3%25A9_load/dagRuns	403	-	python-requests/2.31.0	-	-	Error	SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiN09==	airflow.example.com	https	500	0.003	-	TLSv1.3	TLS_AES_128_GCM_SHA256	Error	HTTP/1.1	-	-	40009	0.002	Error	application/json	34	-	-
2026-03-01	23:59:57	FRA56-P4	310	2001:db8::17	POST	d111111abcdef8.cloudfront.net	/api/v1/dags/etl_daily/dagRuns	200	-	OpenAPI-Generator/1.0.0/python	-	-	Miss	SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiN10==	airflow.example.com	https	500	0.003	-	TLSv1.3	TLS_AES_128_GCM_SHA256	Miss	HTTP/1.1	-	-	40010	0.002	Miss	application/json	34	-	-
2026-03-02	00:00:00	FRA56-P4	312	192.0.2.44	POST	d111111abcdef8.cloudfront.net	/api/v1/dags/etl_daily/dagRuns	401	-	curl/8.5.0	-	-	Error	SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiN12==	airflow.example.com	https	500	0.303	-	TLSv1.3	TLS_AES_128_GCM_SHA256	Error	HTTP/1.1	-	-	40012	0.302	Error	application/json	34	-	-
""",
}

#: Format, line, target, and what else is to be looked at.
ODD: Final[list[tuple[str, str, str, dict[str, Any]]]] = [
    (
        "gunicorn",
        r'''203.0.113.200 - - [22/Nov/2026:12:47:46 +0000] "POST /api/v1/dags/a\x22b/dagRuns?note=\x22x\x22 HTTP/1.1" 200 34 "-" "p1"''',
        '/api/v1/dags/a"b/dagRuns?note="x"',
        {"agent": "p1", "proxy": None},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - - [22/Nov/2026:12:47:46 +0000] "POST /api/v1/dags/caf\xC3\xA9/dagRuns HTTP/1.1" 200 34 "-" "p2"''',
        "/api/v1/dags/café/dagRuns",
        {"proxy": None},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - - [22/Nov/2026:12:47:46 +0000] "POST /api/v1/dags/a\x5Cb/dagRuns HTTP/1.1" 200 34 "-" "ends with backslash\x5C"''',
        "/api/v1/dags/a\\b/dagRuns",
        {"agent": "ends with backslash\\", "proxy": None},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - - [22/Nov/2026:12:47:46 +0000] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 34 "" ""''',
        "/api/v1/dags/x/dagRuns",
        {"agent": "", "proxy": None},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - ja\x22ne [x] [22/Nov/2026:12:47:46 +0000] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 34 "-" "p9"''',
        "/api/v1/dags/x/dagRuns",
        {"user": 'ja"ne [x]', "proxy": None},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - zo\xC3\xAB@ex.com [22/Nov/2026:12:47:46 +0000] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 34 "-" "p10"''',
        "/api/v1/dags/x/dagRuns",
        {"user": "zoë@ex.com", "proxy": None},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - eve\x0A9.9.9.9 - admin [01/Mar/2026 [22/Nov/2026:12:47:46 +0000] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 34 "-" "p11"''',
        "/api/v1/dags/x/dagRuns",
        {"user": "eve\n9.9.9.9 - admin [01/Mar/2026", "proxy": None},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - - [22/Nov/2026:12:47:46 +0000] "POST http://airflow.example.com/api/v1/dags/x/dagRuns HTTP/1.1" 200 34 "-" "p12"''',
        "http://airflow.example.com/api/v1/dags/x/dagRuns",
        {"proxy": None},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - - [22/Nov/2026:12:47:46 +0000] "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22" 400 157 "-" "-"''',
        "",
        {"proxy": None},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - - [22/Nov/2026:12:47:46 +0000] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 499 0 "-" "p19abort"''',
        "/api/v1/dags/x/dagRuns",
        {"proxy": "closed"},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - - [22/Nov/2026:12:47:46 +0000] "POST /api/v1/dags/a\"b/dagRuns?note=\"x\" HTTP/1.1" 200 200 "-" "p1"''',
        '/api/v1/dags/a"b/dagRuns?note="x"',
        {"proxy": None},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - - [22/Nov/2026:12:47:46 +0000] "POST /api/v1/dags/caf\xc3\xa9/dagRuns HTTP/1.1" 200 200 "-" "p2"''',
        "/api/v1/dags/café/dagRuns",
        {"proxy": None},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - - [22/Nov/2026:12:47:46 +0000] "POST /api/v1/dags/a\\b/dagRuns HTTP/1.1" 200 200 "-" "ends with backslash\\"''',
        "/api/v1/dags/a\\b/dagRuns",
        {"agent": "ends with backslash\\", "proxy": None},
    ),
    (
        "gunicorn",
        r'''203.0.113.200 - - [22/Nov/2026:12:47:46 +0000] "\x16\x03\x01\x02" 400 448 "-" "-"''',
        "",
        {"proxy": None},
    ),
    (
        "haproxy",
        r'''203.0.113.200:33186 [22/Nov/2026:12:47:46.797] http-in airflow-web/web1 0/0/0/1/1 200 176 - - ---- 1/1/0/0/0 0/0 {p1|} "POST /api/v1/dags/a#22b/dagRuns?note=#22x#22 HTTP/1.1"''',
        '/api/v1/dags/a"b/dagRuns?note="x"',
        {"proxy": None},
    ),
    (
        "haproxy",
        r'''203.0.113.200:33194 [22/Nov/2026:12:47:46.799] http-in http-in/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"''',
        "",
        {"proxy": "refused"},
    ),
    (
        "haproxy",
        r'''203.0.113.200:33200 [22/Nov/2026:12:47:46.800] http-in airflow-web/web1 0/0/0/0/0 200 176 - - ---- 1/1/0/0/0 0/0 {ends with backslash\|} "POST /api/v1/dags/a\b/dagRuns HTTP/1.1"''',
        "/api/v1/dags/a\\b/dagRuns",
        {"proxy": None},
    ),
    (
        "haproxy",
        r'''203.0.113.200:33282 [22/Nov/2026:12:47:46.808] http-in airflow-web/web1 0/0/0/0/0 200 176 - - ---- 1/1/0/0/0 0/0 {p12|} "POST http://airflow.example.com/api/v1/dags/x/dagRuns HTTP/1.1"''',
        "http://airflow.example.com/api/v1/dags/x/dagRuns",
        {"proxy": None},
    ),
    (
        "haproxy",
        r'''203.0.113.200:33308 [22/Nov/2026:12:47:46.811] http-in airflow-web/web1 0/0/0/0/0 200 176 - - ---- 1/1/0/0/0 0/0 {p14|7.7.7.7} "POST /api/v1/dags/x/dagRuns HTTP/1.1"''',
        "/api/v1/dags/x/dagRuns",
        {"proxy": None},
    ),
    (
        "haproxy",
        r'''203.0.113.200:33376 [22/Nov/2026:12:47:46.814] http-in airflow-web/web1 0/0/0/801/801 200 176 - - ---- 1/1/0/0/0 0/0 {p19abort|} "POST /api/v1/dags/x/dagRuns HTTP/1.1"''',
        "/api/v1/dags/x/dagRuns",
        {"proxy": None},
    ),
    (
        "envoy",
        r'''[2026-11-22T12:47:47.015Z] "POST /api/v1/dags/a"b/dagRuns?note="x" HTTP/1.1" 200 - 2 34 1 0 "203.0.113.200" "p1" "d4f2b287-7434-4f32-8801-17be64de7076" "airflow.example.com" "203.0.113.200:9000"''',
        '/api/v1/dags/a"b/dagRuns?note="x"',
        {"proxy": None},
    ),
    (
        "envoy",
        r'''[2026-11-22T12:47:47.018Z] "- - HTTP/1.1" 400 DPE 0 11 0 - "-" "-" "-" "-" "-"''',
        "",
        {"proxy": "refused"},
    ),
    (
        "envoy",
        r'''[2026-11-22T12:47:48.021Z] "POST /api/v1/dags/a\b/dagRuns HTTP/1.1" 200 - 2 34 1 0 "203.0.113.200" "ends with backslash\" "95e62fa4-01c5-48c6-9228-7b8d6223ff9f" "airflow.example.com" "203.0.113.200:9000"''',
        "/api/v1/dags/a\\b/dagRuns",
        {"agent": "ends with backslash\\", "proxy": None},
    ),
    (
        "envoy",
        r'''[2026-11-22T12:47:48.031Z] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 - 2 34 0 0 "8.8.8.8, 10.0.0.1,7.7.7.7,203.0.113.200" "p14" "6de20859-996e-4774-b0d9-b969b84b9a8f" "airflow.example.com" "203.0.113.200:9000"''',
        "/api/v1/dags/x/dagRuns",
        {"proxy": None},
    ),
    (
        "envoy",
        r'''[2026-11-22T12:47:51.037Z] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 0 DC 2 0 200 - "203.0.113.200" "p19abort" "c004e589-4375-4bf4-9853-1c09088184c7" "a" "203.0.113.200:9000"''',
        "/api/v1/dags/x/dagRuns",
        {"proxy": "closed"},
    ),
    (
        "traefik",
        r"""203.0.113.200 - - [22/Nov/2026:12:47:51 +0000] "POST /api/v1/dags/a%22b/dagRuns?note="x" HTTP/1.1" 200 34 "-" "-" 1 "airflow@file" "http://203.0.113.200:9000" 1ms""",
        '/api/v1/dags/a%22b/dagRuns?note="x"',
        {"proxy": None},
    ),
    (
        "traefik",
        r"""203.0.113.200 - - [22/Nov/2026:12:47:51 +0000] "POST /api/v1/dags/caf%C3%A9/dagRuns HTTP/1.1" 200 34 "-" "-" 2 "airflow@file" "http://203.0.113.200:9000" 1ms""",
        "/api/v1/dags/caf%C3%A9/dagRuns",
        {"proxy": None},
    ),
    (
        "traefik",
        r"""203.0.113.200 - - [22/Nov/2026:12:47:51 +0000] "POST /api/v1/dags/x%0A1.2.3.4%20-%20admin/dagRuns HTTP/1.1" 200 34 "-" "-" 6 "airflow@file" "http://203.0.113.200:9000" 0ms""",
        "/api/v1/dags/x%0A1.2.3.4%20-%20admin/dagRuns",
        {"proxy": None},
    ),
    (
        "traefik",
        r"""203.0.113.200 - - [22/Nov/2026:12:47:51 +0000] "POST /api/v1/dags/x/dagRuns/ HTTP/1.1" 200 34 "-" "-" 13 "airflow@file" "http://203.0.113.200:9000" 0ms""",
        "/api/v1/dags/x/dagRuns/",
        {"proxy": None},
    ),
    (
        "traefik",
        r"""203.0.113.200 - - [22/Nov/2026:12:47:57 +0000] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 499 21 "-" "-" 17 "airflow@file" "http://203.0.113.200:9000" 200ms""",
        "/api/v1/dags/x/dagRuns",
        {"proxy": "closed"},
    ),
]
