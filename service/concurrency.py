"""How much one instance does at a time: read by the programs themselves and by deploy/calls.py.

The steps' number stands in app.yaml, which App Engine reads; a test checks that they agree.
"""

# Requests that Cloud Run sends to one instance of the ingress at once.  A request that is still arriving, or waits for
# the queue, needs some kilobytes and no processor time.  So slow clients, which are cut off after 2.5 s, do not easily
# fill an instance.  So many at once are answered within Discord's 3 s on one processor, also while the queue hangs.
INGRESS_REQUESTS = 100

# Threads of one process of the steps, which draw and upload.  As many as the calls that App Engine sends to an instance
# at once (max_concurrent_requests): no call waits for a thread, even when one of the two processes gets them all.
STEPS_THREADS = 8
