import CYAML

/// Reads the YAML that people write into files of configuration: one document of mappings, lists
/// and scalars. Anchors, aliases and tags are refused: they make small files large and plain ones
/// surprising.
package struct YAMLReader: ~Copyable {
    /// Nobody writes more by hand.
    private static let maximumBytes = 1 << 20
    private static let maximumDepth = 16

    private enum Event {
        case scalar(String, quoted: Bool)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd, documentEnd, streamEnd, other
    }

    // On the heap: libyaml keeps pointers into the structure.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    private init(_ bytes: [UInt8]) throws(YAMLFault) {
        guard bytes.count <= Self.maximumBytes else {
            throw YAMLFault(line: 1, reason: "the file is larger than 1 MB")
        }
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw YAMLFault(line: 1, reason: "out of memory")
        }
        let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
        self.parser = parser
        self.input = input
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// - Returns: The one document; an empty mapping where there is none.
    package static func read(_ bytes: [UInt8]) throws(YAMLFault) -> YAMLNode {
        let reader = try YAMLReader(bytes)
        var document: YAMLNode?
        while true {
            let (event, line) = try reader.next()
            switch event {
            case .other, .documentEnd: continue
            case .streamEnd:
                return document ?? YAMLNode(content: .mapping([]), line: 1)
            default:
                guard document == nil else {
                    throw YAMLFault(line: line, reason: "a second document begins here")
                }
                document = try reader.node(event, line, depth: 0)
            }
        }
    }

    private func node(_ event: Event, _ line: Int, depth: Int) throws(YAMLFault) -> YAMLNode {
        guard depth < Self.maximumDepth else {
            throw YAMLFault(line: line, reason: "nested too deeply")
        }
        switch event {
        case .scalar(let text, let quoted):
            return YAMLNode(content: .scalar(text, quoted: quoted), line: line)
        case .sequenceStart:
            var elements: [YAMLNode] = []
            while true {
                let (event, line) = try next()
                if case .sequenceEnd = event { break }
                elements.append(try node(event, line, depth: depth + 1))
            }
            return YAMLNode(content: .sequence(elements), line: line)
        case .mappingStart:
            return YAMLNode(content: .mapping(try entries(depth: depth)), line: line)
        default:
            throw YAMLFault(line: line, reason: "cannot be read")
        }
    }

    private func entries(depth: Int) throws(YAMLFault) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        while true {
            let (keyEvent, keyLine) = try next()
            if case .mappingEnd = keyEvent { return entries }
            guard case .scalar(let key, _) = keyEvent else {
                throw YAMLFault(line: keyLine, reason: "a key must be a word")
            }
            if let first = entries.first(where: { $0.key == key }) {
                throw YAMLFault(
                    line: keyLine, reason: "'\(key)' stands here again, after line \(first.line)")
            }
            let (event, line) = try next()
            let value = try node(event, line, depth: depth + 1)
            entries.append(YAMLNode.Entry(key: key, line: keyLine, value: value))
        }
    }

    private func next() throws(YAMLFault) -> (Event, line: Int) {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw fault() }
        defer { yaml_event_delete(&event) }
        let line = event.start_mark.line + 1
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            guard scalar.anchor == nil else {
                throw YAMLFault(line: line, reason: "anchors (&name) are not used here")
            }
            guard scalar.tag == nil else {
                throw YAMLFault(line: line, reason: "tags (!name) are not used here")
            }
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let text = String(decoding: bytes, as: UTF8.self)
            return (.scalar(text, quoted: scalar.style != YAML_PLAIN_SCALAR_STYLE), line)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            try refuseDecoration(start.anchor, start.tag, line)
            return (.sequenceStart, line)
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            try refuseDecoration(start.anchor, start.tag, line)
            return (.mappingStart, line)
        case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, line)
        case YAML_MAPPING_END_EVENT: return (.mappingEnd, line)
        case YAML_DOCUMENT_END_EVENT: return (.documentEnd, line)
        case YAML_STREAM_END_EVENT: return (.streamEnd, line)
        case YAML_ALIAS_EVENT:
            throw YAMLFault(line: line, reason: "aliases (*name) are not used here")
        default: return (.other, line)
        }
    }

    private func refuseDecoration(
        _ anchor: UnsafeMutablePointer<UInt8>?, _ tag: UnsafeMutablePointer<UInt8>?, _ line: Int
    ) throws(YAMLFault) {
        guard anchor == nil, tag == nil else {
            throw YAMLFault(line: line, reason: "anchors and tags are not used here")
        }
    }

    private func fault() -> YAMLFault {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "cannot be read"
        // A byte that is no UTF-8 has an offset but no mark.
        guard parser.pointee.error != YAML_READER_ERROR else {
            let offset = min(Int(parser.pointee.problem_offset), input.count)
            let line = input[..<offset].count { $0 == UInt8(ascii: "\n") } + 1
            return YAMLFault(line: line, reason: problem)
        }
        return YAMLFault(line: parser.pointee.problem_mark.line + 1, reason: problem)
    }
}
