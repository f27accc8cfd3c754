"""Usual names of the fields of an access line, where an operator or a program chose them.

Owns: the names. Must not know: how a line is read.
"""

from __future__ import annotations

from typing import Final

#: Field to its usual names, the best first, in small letters without `-`, `.` and `_`; names of nested keys are joined.
NAMES: Final = {
    "method": "method requestmethod httpmethod verb requestverb httpverb reqmethod httprequestmethod",
    "request": "request requestline req httprequest",
    "target": "originalrequesturiwithargs requesturi requesttarget requesturl originalurl url uri target requestpath"
    " path httppath urlpath uripath requri requrl urloriginal httptarget httpurl httpuri reqpath request resourcepath"
    " requesteduri xenvoyoriginpath xenvoyoriginalpath",
    "query": "query args querystring requestquery urlquery",
    "status": "status statuscode responsecode httpstatus httpstatuscode responsestatus responsestatuscode resstatus"
    " resstatuscode httpresponsestatuscode httpcode response",
    "code": "code",
    "time": "msec timeiso8601 @timestamp timestamp timelocal time ts @t datetime date asctime requesttimeepoch"
    " requesttime startedat starttime reqtimesec timegenerated responsetime finishedat",
    "client": "remoteaddr remoteaddress clientip clientaddr clientaddress remoteip client remote remotehost ip sourceip"
    " srcip requestclientip requestremoteip reqremoteaddress cliip calleripaddress httpclientip netpeerip"
    " ipaddress downstreamremoteaddress networkclientip address addr ipaddr peeraddr clientipaddress requestip userip",
    "forwarded": "xforwardedfor httpxforwardedfor forwardedfor xff fwd",
    "real_ip": "xrealip httpxrealip realip",
    "user": "remoteuser user username authuser auth",
    "agent": "useragent httpuseragent ua agent requestuseragent requestheadersuseragent reqheadersuseragent",
    "referer": "referer referrer httpreferer httpreferrer requestheadersreferer reqheadersreferer",
    "bytes": "bodybytessent responsesize bodysize bytes size responselength",
    "location": "location senthttplocation responselocation",
    "request_id": "requestid xrequestid httpxrequestid reqid",
    "host": "host httphost vhost servername",
    "upstream_status": "upstreamstatus",
    "event": "event",
    "upstream": "upstreamaddr upstreamresponsetime upstreamheadertime upstreamconnecttime",
    "duration_us": "durationus requesttimeus us",
    "duration_ms": "durationms latencyms responsetimems requesttimems elapsedms",
    "duration_ns": "durationns latencyns",
    "duration_s": "requesttime",  # nginx
    "duration": "duration latency elapsed responsetime took",
}
