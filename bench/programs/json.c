// Branching: a strict validator of ASCII JSON (RFC 8259), nested at most 32 deep; a state machine over
// bytes.
//
// run(n) validates the text of json_text.json, which is embedded, n times. Every token, at its first
// byte, goes into a checksum of its byte and offset; the result is the lower 31 bits. A text that is not
// JSON gives -1 - offset, the offset being that of the first byte that cannot follow what is before it,
// or the length where the text ends too early.

typedef unsigned char u8;
typedef unsigned int u32;

enum { DEPTH_MAX = 32 };

// The states say what is expected next. Those at which a text may end come last.
enum state {
  VALUE,           // a value
  FIRST_ELEMENT,   // a value or ]
  FIRST_MEMBER,    // a name or }
  MEMBER,          // a name
  COLON,           // :
  IN_STRING,       // a character of a string, or its end
  ESCAPE,          // what follows a backslash
  HEX_1,           // the hexadecimal digits of \u, four, three, two, one left
  HEX_2,
  HEX_3,
  HEX_4,
  MINUS,           // the first digit of a number
  POINT,           // the first digit of a fraction
  EXPONENT,        // the sign or first digit of an exponent
  EXPONENT_SIGN,   // the first digit of an exponent
  LITERAL,         // the rest of true, false or null
  ZERO,            // after a leading 0
  INTEGER,         // after a digit of an integer
  FRACTION,        // after a digit of a fraction
  EXPONENT_DIGITS, // after a digit of an exponent
  AFTER_VALUE,     // a comma or a closing bracket; at depth 0 nothing
};

// Not const, and visible to the linker: the compiler may not know what it holds, and a test may write it.
u8 json_text[] = {
#embed "json_text.json"
};

static u8 is_object[DEPTH_MAX]; // what is open, the outermost first

static int is_space(u32 c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static int is_digit(u32 c) { return c - '0' < 10; }

static int is_hex_digit(u32 c) { return is_digit(c) || (c | 32) - 'a' < 6; }

// Return -1 - offset of the first fault, or the checksum continued by that of one reading of the text.
__attribute__((noinline)) static int validate(const u8 *text, u32 length, u32 checksum, u32 *out) {
  enum state state = VALUE;
  u32 depth = 0;
  int is_name = 0; // whether the string that is being read is a member's name
  const char *rest = "";

  for (u32 i = 0; i < length; i++) {
    u32 c = text[i];
    u32 token = 0; // the first byte of the token that begins here

    switch (state) {
    case ZERO:
    case INTEGER:
    case FRACTION:
    case EXPONENT_DIGITS:
      if (is_digit(c) && state != ZERO) continue;
      if (c == '.' && state <= INTEGER) {
        state = POINT;
        continue;
      }
      if ((c | 32) == 'e' && state <= FRACTION) {
        state = EXPONENT;
        continue;
      }
      state = AFTER_VALUE; // a number ends where something else begins
      // fall through
    case AFTER_VALUE:
      if (is_space(c)) continue;
      if (depth == 0) return -1 - (int)i;
      if (c == ',') {
        state = is_object[depth - 1] ? MEMBER : VALUE;
      } else if (c == (is_object[depth - 1] ? '}' : ']')) {
        depth--;
      } else {
        return -1 - (int)i;
      }
      token = c;
      break;

    case FIRST_ELEMENT:
      if (c == ']') {
        depth--;
        state = AFTER_VALUE;
        token = c;
        break;
      }
      // fall through
    case VALUE:
      switch (c) {
      case ' ': case '\n': case '\r': case '\t':
        continue;
      case '{': case '[':
        if (depth == DEPTH_MAX) return -1 - (int)i;
        is_object[depth++] = c == '{';
        state = c == '{' ? FIRST_MEMBER : FIRST_ELEMENT;
        break;
      case '"':
        is_name = 0;
        state = IN_STRING;
        break;
      case '-':
        state = MINUS;
        break;
      case '0':
        state = ZERO;
        break;
      case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        state = INTEGER;
        break;
      case 't':
        rest = "rue";
        state = LITERAL;
        break;
      case 'f':
        rest = "alse";
        state = LITERAL;
        break;
      case 'n':
        rest = "ull";
        state = LITERAL;
        break;
      default:
        return -1 - (int)i;
      }
      token = c;
      break;

    case FIRST_MEMBER:
      if (c == '}') {
        depth--;
        state = AFTER_VALUE;
        token = c;
        break;
      }
      // fall through
    case MEMBER:
      if (is_space(c)) continue;
      if (c != '"') return -1 - (int)i;
      is_name = 1;
      state = IN_STRING;
      token = c;
      break;

    case COLON:
      if (is_space(c)) continue;
      if (c != ':') return -1 - (int)i;
      state = VALUE;
      token = c;
      break;

    case IN_STRING:
      if (c == '"') {
        state = is_name ? COLON : AFTER_VALUE;
      } else if (c == '\\') {
        state = ESCAPE;
      } else if (c < 0x20 || c > 0x7f) {
        return -1 - (int)i;
      }
      continue;

    case ESCAPE:
      switch (c) {
      case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
        state = IN_STRING;
        continue;
      case 'u':
        state = HEX_1;
        continue;
      default:
        return -1 - (int)i;
      }

    case HEX_1:
    case HEX_2:
    case HEX_3:
    case HEX_4:
      if (!is_hex_digit(c)) return -1 - (int)i;
      state = state == HEX_4 ? IN_STRING : state + 1;
      continue;

    case MINUS:
      if (!is_digit(c)) return -1 - (int)i;
      state = c == '0' ? ZERO : INTEGER;
      continue;

    case POINT:
      if (!is_digit(c)) return -1 - (int)i;
      state = FRACTION;
      continue;

    case EXPONENT:
      if (c == '+' || c == '-') {
        state = EXPONENT_SIGN;
        continue;
      }
      // fall through
    case EXPONENT_SIGN:
      if (!is_digit(c)) return -1 - (int)i;
      state = EXPONENT_DIGITS;
      continue;

    case LITERAL:
      if (c != (u8)*rest++) return -1 - (int)i;
      if (*rest == 0) state = AFTER_VALUE;
      continue;
    }

    checksum = (checksum ^ token ^ i << 8) * 16777619u;
  }

  if (depth != 0 || state < ZERO) return -1 - (int)length;
  *out = checksum;
  return 0;
}

int run(int n) {
  u32 checksum = 2166136261u;
  for (u32 i = 0; i < (u32)n; i++) {
    int fault = validate(json_text, sizeof json_text, checksum, &checksum);
    if (fault) return fault;
  }
  return (int)(checksum & 0x7fffffff);
}
