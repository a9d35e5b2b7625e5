"""Prints the ratios in a JSON file of pytest-benchmark: the expression's time over fastact's, the best round of each.

python benchmarks/table.py build/benchmarks.json
"""

import json
import sys


def ratios(benchmarks, table):
    """{line: {column: {result: ratio}}}"""
    times = {}
    for benchmark in benchmarks:
        facts = benchmark["extra_info"]
        if facts["table"] == table:
            cell = times.setdefault(facts["line"], {}).setdefault(facts["column"], {}).setdefault(facts["result"], {})
            cell[facts["contender"]] = benchmark["stats"]["min"]
    return {
        line: {
            column: {result: pair["NumPy"] / pair["fastact"] for result, pair in results.items()}
            for column, results in columns.items()
        }
        for line, columns in times.items()
    }


def show(lines):
    columns = list(dict.fromkeys(column for cells in lines.values() for column in cells))
    print(f"{'':12}" + "".join(f"{column:>18}" for column in columns))
    for line, cells in lines.items():
        texts = [" / ".join(f"{ratio:.1f}" for ratio in cells[column].values()) for column in columns]
        print(f"{line:12}" + "".join(f"{text:>18}" for text in texts))
    print()


def main(path):
    with open(path) as file:
        run = json.load(file)
    machine = run["machine_info"]
    cpu, python = machine["cpu"].get("brand_raw", machine["machine"]), machine["python_version"]
    print(f"{cpu}, Python {python}; fastact {run['benchmarks'][0]['extra_info']['fastact']}; float32\n")
    print("Times as fast as the plain NumPy or SciPy expression, by number of elements: new result / out=\n")
    show(ratios(run["benchmarks"], "activations"))
    print("Rows, by shape: new result\n")
    show(ratios(run["benchmarks"], "rows"))


if __name__ == "__main__":
    main(sys.argv[1])
