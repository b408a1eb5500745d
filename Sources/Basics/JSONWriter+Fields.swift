/// A key and its value in one call; `nil` is written as `null`, never left out.
extension JSONWriter {
    package mutating func field(_ name: String, _ text: String?) {
        key(name)
        if let text { value(text) } else { null() }
    }

    package mutating func field(_ name: String, _ number: (some FixedWidthInteger)?) {
        key(name)
        if let number { value(number) } else { null() }
    }

    package mutating func field(_ name: String, _ number: Double?) {
        key(name)
        if let number { value(number) } else { null() }
    }

    package mutating func field(_ name: String, _ flag: Bool?) {
        key(name)
        if let flag { value(flag) } else { null() }
    }

    package mutating func field(_ name: String, _ moment: Timestamp?) {
        key(name)
        if let moment { value(moment) } else { null() }
    }

    package mutating func field<Entity>(_ name: String, _ id: Identifier<Entity>?) {
        key(name)
        if let id { value(id) } else { null() }
    }

    package mutating func field(_ name: String, _ writable: (some JSONWritable)?) {
        key(name)
        if let writable { writable.write(to: &self) } else { null() }
    }

    package mutating func field(_ name: String, _ texts: [String]) {
        key(name)
        array { json in for text in texts { json.value(text) } }
    }

    package mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    package mutating func array(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        array(body)
    }
}
