// Auctions between the participants of a channel. Rows, messages and statuses: README.md.
import { ABSENT, channel, db } from "../../cli/project/bindings/channels";

const ACCEPTED: i32 = 0;
const NO_MESSAGE: i32 = 1;
const LOT_EXISTS: i32 = 2;
const NO_LOT: i32 = 3;
const WRONG_ROLE: i32 = 4;
const BID_TOO_LOW: i32 = 5;
const CANNOT_PAY: i32 = 6;

const OFFER: u8 = 1;
const BID: u8 = 2;
const CALL: u8 = 3;

/** The participant who calls: going once, going twice, sold. */
const AUCTIONEER: u32 = 0;
const CALLS: u8 = 3;
const NOBODY: u32 = 0xffffffff;

// A lot's row: u32 seller, u32 bidder, u64 price, u8 calls since the offer or the last bid.
const SELLER: i32 = 0;
const BIDDER: i32 = 4;
const PRICE: i32 = 8;
const CALLED: i32 = 16;
const LOT_BYTES: i32 = 17;

// Keys: text and a u32. All numbers are big-endian, so that keys are in numeric order.
const balanceKey = memory.data<u8>([0x62, 0x61, 0x6c, 0x61, 0x6e, 0x63, 0x65, 0, 0, 0, 0]);
const lotKey = memory.data<u8>([0x6c, 0x6f, 0x74, 0, 0, 0, 0]);
const ownerKey = memory.data<u8>([0x6f, 0x77, 0x6e, 0x65, 0x72, 0, 0, 0, 0]);
const message = memory.data(13);
const lot = memory.data(LOT_BYTES);
const value = memory.data(8);

// @ts-ignore: decorator
@inline
function loadU32(at: usize): u32 { return bswap(load<u32>(at)); }

// @ts-ignore: decorator
@inline
function loadU64(at: usize): u64 { return bswap(load<u64>(at)); }

// @ts-ignore: decorator
@inline
function storeU32(at: usize, number: u32): void { store<u32>(at, bswap(number)); }

// @ts-ignore: decorator
@inline
function storeU64(at: usize, number: u64): void { store<u64>(at, bswap(number)); }

/** Return what `participant` can spend: 0 without a row. */
function balance(participant: u32): u64 {
  storeU32(balanceKey + 7, participant);
  store<u64>(value, 0);
  db.get(balanceKey, 11, value, 8);
  return loadU64(value);
}

function setBalance(participant: u32, amount: u64): void {
  storeU32(balanceKey + 7, participant);
  storeU64(value, amount);
  db.put(balanceKey, 11, value, 8);
}

/** Read the row of the lot `id` into `lot`; return whether there is one. */
function readLot(id: u32): bool {
  storeU32(lotKey + 3, id);
  return db.get(lotKey, 7, lot, LOT_BYTES) != ABSENT;
}

/** Write `lot` with this bidder and price, and no call yet. */
function writeLot(bidder: u32, price: u64): void {
  storeU32(lot + BIDDER, bidder);
  storeU64(lot + PRICE, price);
  store<u8>(lot + CALLED, 0);
  db.put(lotKey, 7, lot, LOT_BYTES);
}

/** Offer the lot `id`. The price is the least first bid. */
function offer(id: u32, price: u64): i32 {
  storeU32(ownerKey + 5, id);
  if (readLot(id) || db.get(ownerKey, 9, value, 0) != ABSENT) return LOT_EXISTS;
  storeU32(lot + SELLER, channel.sender());
  writeLot(NOBODY, price);
  return ACCEPTED;
}

/** Bid `price`: it is put aside, and what the bidder before had put aside goes back. */
function bid(id: u32, price: u64): i32 {
  if (!readLot(id)) return NO_LOT;
  const bidder = channel.sender();
  if (bidder == loadU32(lot + SELLER) || bidder == AUCTIONEER) return WRONG_ROLE;
  const outbid = loadU32(lot + BIDDER);
  const before = loadU64(lot + PRICE);
  if (outbid == NOBODY ? price < before : price <= before) return BID_TOO_LOW;
  if (outbid != NOBODY) setBalance(outbid, balance(outbid) + before);
  const spendable = balance(bidder);
  if (spendable < price) return CANNOT_PAY; // the rows stay as they were: nothing went back either
  setBalance(bidder, spendable - price);
  writeLot(bidder, price);
  return ACCEPTED;
}

/** Call the lot `id`. The third call without a bid between gives it to the highest bidder. */
function call(id: u32): i32 {
  if (!readLot(id)) return NO_LOT;
  if (channel.sender() != AUCTIONEER) return WRONG_ROLE;
  const called = load<u8>(lot + CALLED) + 1;
  if (called < CALLS) {
    store<u8>(lot + CALLED, called);
    db.put(lotKey, 7, lot, LOT_BYTES);
  } else {
    settle(id);
  }
  return ACCEPTED;
}

/** Close `lot`: the price goes to the seller, the lot to the bidder; without a bid, back. */
function settle(id: u32): void {
  const seller = loadU32(lot + SELLER);
  const bidder = loadU32(lot + BIDDER);
  if (bidder != NOBODY) setBalance(seller, balance(seller) + loadU64(lot + PRICE));
  storeU32(value, bidder == NOBODY ? seller : bidder);
  storeU32(ownerKey + 5, id);
  db.put(ownerKey, 9, value, 4);
  db.remove(lotKey, 7);
}

export function reduce(): i32 {
  const size = channel.messageSize();
  if (size != 5 && size != 13) return NO_MESSAGE;
  channel.messageRead(message, 0, size);
  const op = load<u8>(message);
  const id = loadU32(message + 1);
  if (op == CALL && size == 5) return call(id);
  if (size != 13) return NO_MESSAGE;
  const price = loadU64(message + 5);
  if (op == OFFER) return offer(id, price);
  if (op == BID) return bid(id, price);
  return NO_MESSAGE;
}
