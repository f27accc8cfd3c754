# One entry for everything that CI runs; .ci/run says what each stage does.
.PHONY: check fast

check:
	.ci/run

fast:
	.ci/run lint docs fast
