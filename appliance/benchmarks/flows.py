"""Flows as a plant has them: some tabs, functions with code, wires, positions."""

EMPTY = [
    {"id": "1000000000000001", "type": "tab", "label": "Empty", "disabled": False, "info": ""}
]
WORDS = (
    "press line oven filler pump valve motor reading limit shift counter energy batch alarm "
    "torque pressure level speed order station pallet scanner weight drive cooling recipe"
).split()


def identity(draw):
    return f"{draw.getrandbits(64):016x}"


def phrase(draw, count):
    return " ".join(draw.choice(WORDS) for _ in range(count))


def code(draw):
    lines = [
        f"const {draw.choice(WORDS)}{number} = msg.payload.{draw.choice(WORDS)} * "
        f"{draw.randrange(1, 5000) / 100}; // {phrase(draw, 3)}"
        for number in range(draw.randrange(2, 9))
    ]
    return "\n".join([*lines, "return msg;"])


def node(draw, tab, x, y):
    base = {"id": identity(draw), "type": "", "z": tab, "name": phrase(draw, 2)}
    kind = draw.choice(("function", "change", "switch", "mqtt in", "debug", "template"))
    base["type"] = kind
    if kind == "function":
        base |= {"func": code(draw), "outputs": 1, "timeout": 0, "noerr": 0,
                 "initialize": "", "finalize": "", "libs": []}
    elif kind == "change":
        base |= {"rules": [
            {"t": "set", "p": f"payload.{draw.choice(WORDS)}", "pt": "msg",
             "to": phrase(draw, 1), "tot": "str"} for _ in range(draw.randrange(1, 4))],
            "action": "", "property": "", "from": "", "to": "", "reg": False}
    elif kind == "switch":
        base |= {"property": "payload", "propertyType": "msg", "rules": [
            {"t": "gte", "v": str(draw.randrange(1000)), "vt": "num"} for _ in range(2)],
            "checkall": "true", "repair": False, "outputs": 2}
    elif kind == "mqtt in":
        base |= {"topic": "/".join(draw.choice(WORDS) for _ in range(4)), "qos": "1",
                 "datatype": "auto-detect", "broker": "", "nl": False, "rap": True, "rh": 0,
                 "inputs": 0}
    elif kind == "debug":
        base |= {"active": True, "tosidebar": True, "console": False, "tostatus": False,
                 "complete": "payload", "targetType": "msg", "statusVal": "", "statusType": "auto"}
    else:
        base |= {"field": "payload", "fieldType": "msg", "format": "handlebars",
                 "syntax": "mustache", "template": f"{{{{payload}}}} {phrase(draw, 30)}",
                 "output": "str"}
    return base | {"x": x, "y": y, "wires": [[]]}


def make(draw, size):
    """About so many bytes of compact JSON, 100 nodes on a tab."""
    nodes, length, tab, on_tab = [], 0, None, 100
    while length < size:
        if on_tab == 100:
            tab, on_tab = identity(draw), 0
            nodes.append({"id": tab, "type": "tab", "label": phrase(draw, 2), "disabled": False,
                          "info": phrase(draw, 12), "env": []})
        made = node(draw, tab, 140 + on_tab % 8 * 180, 60 + on_tab // 8 * 60)
        if on_tab:
            nodes[-1]["wires"] = [[made["id"]]]
        nodes.append(made)
        on_tab += 1
        length += 40 + sum(len(str(key)) + len(str(value)) + 6 for key, value in made.items())
    return nodes


def edit(draw, nodes):
    """What a person does before the next deploy: one to three small things."""
    for _ in range(draw.randrange(1, 4)):
        index = draw.randrange(len(nodes))
        while nodes[index]["type"] == "tab":
            index = draw.randrange(len(nodes))
        chosen, what = nodes[index], draw.randrange(10)
        if what < 3:
            chosen["x"] += draw.randrange(-60, 60)
            chosen["y"] += draw.randrange(-60, 60)
        elif what < 5:
            chosen["name"] = phrase(draw, 2)
        elif what < 7 and "func" in chosen:
            lines = chosen["func"].split("\n")
            lines.insert(draw.randrange(len(lines)), f"msg.{draw.choice(WORDS)} = "
                         f"{draw.randrange(10_000)};")
            chosen["func"] = "\n".join(lines)
        elif what < 8:
            chosen["wires"] = [[draw.choice(nodes)["id"]]]
        elif what < 9:
            nodes.append(node(draw, chosen["z"], chosen["x"] + 40, chosen["y"] + 40))
        else:
            del nodes[index]
