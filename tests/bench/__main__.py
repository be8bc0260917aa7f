"""All speed measurements, one after another: ``python3 run.py bench``. They print ratios and assert nothing."""

from tests.bench import imports, months, pages, scorecards

if __name__ == "__main__":
    for measurement in (imports, months, scorecards, pages):
        print(f"\n== {measurement.__doc__.splitlines()[0]}", flush=True)
        measurement.main()
