/* SPDX-License-Identifier: Apache-2.0 */

/* Files written whole or not at all, and SHA-256 against the examples of FIPS 180-4. */

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "hb_folders.h"
#include "hb_sha256.h"
#include "hb_whole_file.h"

enum { WHY = 256, BIG = 1 << 20 };

static char folder[] = "/tmp/hb_files_XXXXXX";
static char place[64];

static int make_folder(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL) return -1;
  snprintf(place, sizeof(place), "%s/place", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  unlink(place);
  return rmdir(folder); /* fails if anything else is left */
}

static void assert_holds(const char *text) {
  char got[64] = "";
  FILE *file = fopen(place, "r");
  assert_non_null(file);
  got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
  fclose(file);
  assert_string_equal(got, text);
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  int files = 0;
  for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    files += entry->d_name[0] != '.';
  }
  closedir(dir);
  assert_int_equal(files, 1); /* no part of another one */
}

static void test_whole_file__takes_its_place_when_closed(void **state) {
  (void)state;
  char why[WHY] = "";
  assert_int_equal(hb_whole_file_write(place, "old", 3, why, sizeof(why)), HB_OK);
  hb_whole_file_t file;
  assert_int_equal(hb_whole_file_open(&file, place, why, sizeof(why)), HB_OK);
  fputs("new", file.out);
  fflush(file.out);
  FILE *before = fopen(place, "r");
  assert_non_null(before);
  assert_int_equal(fgetc(before), 'o');
  fclose(before);
  assert_int_equal(hb_whole_file_close(&file, HB_OK, why, sizeof(why)), HB_OK);
  assert_holds("new");
  assert_string_equal(why, "");
}

static void test_whole_file__given_up_leaves_what_was_there_bad(void **state) {
  (void)state;
  char why[WHY] = "the caller's";
  assert_int_equal(hb_whole_file_write(place, "old", 3, why, sizeof(why)), HB_OK);
  hb_whole_file_t file;
  assert_int_equal(hb_whole_file_open(&file, place, why, sizeof(why)), HB_OK);
  fputs("half", file.out);
  assert_int_equal(hb_whole_file_close(&file, HB_ERR_FORMAT, why, sizeof(why)), HB_ERR_FORMAT);
  assert_holds("old");
  assert_string_equal(why, "the caller's");
}

/* A limit on the size of files stands for a full disk. */
static void test_whole_file__full_disk_is_told_and_leaves_what_was_there_bad(void **state) {
  (void)state;
  char why[WHY] = "";
  assert_int_equal(hb_whole_file_write(place, "old", 3, why, sizeof(why)), HB_OK);
  char *big = calloc(1, BIG);
  assert_non_null(big);
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_IGN);
  const struct rlimit limit = {.rlim_cur = BIG / 2, .rlim_max = before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  const hb_status_t status = hb_whole_file_write(place, big, BIG, why, sizeof(why));
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_DFL);
  free(big);
  assert_int_equal(status, HB_ERR_IO);
  assert_ptr_equal(strstr(why, place), why);
  assert_string_equal(why + strlen(place), ": File too large");
  assert_holds("old");
}

static void test_whole_file__nowhere_is_told_bad(void **state) {
  (void)state;
  char why[WHY] = "";
  hb_whole_file_t file;
  assert_int_equal(hb_whole_file_open(&file, "/nowhere/at/all", why, sizeof(why)), HB_ERR_IO);
  assert_string_equal(why, "/nowhere/at/all: No such file or directory");
}

static void test_whole_file__name_of_a_part(void **state) {
  (void)state;
  static const struct {
    const char *name;
    size_t len;
  } cases[] = {
      {"a.csv", 5},         {"a.csv.12.part", 5}, {"a.csv.part", 10}, {"a.csv.x1.part", 13},
      {"a.csv12.part", 12}, {".7.part", 7},       {".part", 5},       {"", 0}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    assert_int_equal(hb_whole_file_name_len(cases[i].name), cases[i].len);
  }
}

static void test_folders__are_made_with_those_above(void **state) {
  (void)state;
  char path[96], why[WHY] = "";
  snprintf(path, sizeof(path), "%s/a//bc/d/", folder);
  for (int again = 0; again < 2; again++) {
    assert_int_equal(hb_folders_make(path, why, sizeof(why)), HB_OK);
  }
  assert_int_equal(rmdir(path), 0);
  snprintf(path, sizeof(path), "%s/a/bc", folder);
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(hb_whole_file_write(path, "", 0, why, sizeof(why)), HB_OK);
  snprintf(path, sizeof(path), "%s/a/bc/d", folder);
  assert_int_equal(hb_folders_make(path, why, sizeof(why)), HB_ERR_IO);
  assert_non_null(strstr(why, "/a/bc/d: Not a directory"));
  assert_int_equal(hb_folders_make("", why, sizeof(why)), HB_ERR_ARG);
  snprintf(path, sizeof(path), "%s/a/bc", folder);
  assert_int_equal(unlink(path), 0);
  snprintf(path, sizeof(path), "%s/a", folder);
  assert_int_equal(rmdir(path), 0);
}

static void test_sha256__is_fips_180_4(void **state) {
  (void)state;
  static const struct {
    const char *text, *hash;
    int times;
  } cases[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 1},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 1},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", 1},
      {"aaaaaaaaaa", "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", 100000},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    hb_sha256_t hash;
    char text[HB_SHA256_TEXT];
    hb_sha256_init(&hash);
    for (int k = 0; k < cases[i].times; k++) {
      hb_sha256_add(&hash, cases[i].text, strlen(cases[i].text));
    }
    hb_sha256_end(&hash, text);
    assert_string_equal(text, cases[i].hash);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_whole_file__takes_its_place_when_closed),
      cmocka_unit_test(test_whole_file__given_up_leaves_what_was_there_bad),
      cmocka_unit_test(test_whole_file__full_disk_is_told_and_leaves_what_was_there_bad),
      cmocka_unit_test(test_whole_file__nowhere_is_told_bad),
      cmocka_unit_test(test_whole_file__name_of_a_part),
      cmocka_unit_test(test_folders__are_made_with_those_above),
      cmocka_unit_test(test_sha256__is_fips_180_4),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
