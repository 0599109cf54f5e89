# What Puppet makes of YAML with encrypted values (hiera-eyaml's parser for Hiera): every string of the loaded document has the white
# space taken out of its values, each value replaced by its plaintext, and one final line end taken off.
# Reads JSON lines {"yaml": …, "plaintexts": {payload: base64}, "onlySeen": true}, and writes one line per document: the loaded strings as base64, or null.
require 'base64'
require 'json'
require 'yaml'

# What Puppet asks of a string first (eyaml_lookup_key), so that it passes over values which have line ends once they are loaded.
SEEN = /.*ENC\[.*?\]/
VALUE = %r{ENC\[(\w+,)?([a-zA-Z0-9+/ =\n]+?)\]}

def view(node, plaintexts, only_seen)
  case node
  when Hash then node.map { |key, value| [key.to_s, view(value, plaintexts, only_seen)] }
  when Array then node.map { |item| view(item, plaintexts, only_seen) }
  when String
    return Base64.strict_encode64(node.b) if only_seen && node.b !~ SEEN

    text = node.b.gsub(VALUE) { Base64.decode64(plaintexts.fetch(Regexp.last_match(2).gsub(/[ \n]/, ''))).b }
    Base64.strict_encode64(text == node.b ? text : text.chomp)
  else "not a string: #{node.class}"
  end
end

$stdin.each_line do |line|
  request = JSON.parse(line)
  begin
    puts JSON.generate(view(YAML.unsafe_load(request['yaml']), request['plaintexts'], request['onlySeen']))
  rescue Psych::Exception
    puts 'null'
  end
end
